import type { ChangeScope } from '../../platform/scope.js';
import type { NotificationService } from '../notifications/notification.service.js';
import type { Enrolment } from './enrolment.entity.js';

/** Sends the code on its way, where it does not appear on screen. */
export async function invite(
  scope: ChangeScope,
  notifications: NotificationService,
  { id, channel, projectId }: Pick<Enrolment, 'id' | 'channel' | 'projectId'>,
): Promise<void> {
  if (channel === 'EMAIL') {
    await notifications.notify(scope, 'ENROLMENT_INVITATION', id, { projectId });
  }
  if (channel === 'SMS') {
    await notifications.text(scope, 'ENROLMENT_INVITATION', id, { projectId });
  }
}
