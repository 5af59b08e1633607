import { parseId, type EnrolmentId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { MessageMoved } from '../../notifications/messages/message.events.js';
import type { DeliveryState } from '../delivery-state.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { EnrolmentStatus } from '../enrolment-status.js';

/** What a state of the message is for the enrolment: once sent, it is not taken back by what a phone has told. */
const DELIVERY: Readonly<Record<MessageMoved['state'], DeliveryState>> = {
  QUEUED: 'QUEUED',
  SENT: 'SENT',
  DELIVERED: 'SENT',
  FAILED: 'FAILED',
  BOUNCED: 'BOUNCED',
  DROPPED: 'FAILED',
};

/** What the delivery of its invitation means for an enrolment. */
export class InvitationDeliveryService {
  constructor(
    private readonly ports: { readonly log: EnrolmentLog; readonly audit: AuditService },
  ) {}

  /** Called in the transaction that moves the message. Of several about one enrolment the latest speaks. */
  async follow(scope: ChangeScope, message: MessageMoved): Promise<void> {
    const id = parseId<EnrolmentId>(message.subjectId);
    const isInvitation = message.template === 'ENROLMENT_INVITATION' && message.isLatest;
    if (id === undefined || !isInvitation) return;
    const delivery = DELIVERY[message.state];
    const [row] = await scope.sql<{ status: EnrolmentStatus }>(
      'invitation-delivery.note',
      'UPDATE enrolment SET delivery = $2 WHERE id = $1 RETURNING status',
      [id, delivery],
    );
    if (row?.status !== 'DELIVERING') return;
    if (delivery === 'SENT') await this.ports.log.move(scope, id, 'WAITING_FOR_SCAN');
    if (delivery === 'FAILED') await this.fail(scope, id);
  }

  /** The message could not be handed over, however often it was tried. */
  private async fail(scope: ChangeScope, id: EnrolmentId): Promise<void> {
    await this.ports.log.move(scope, id, 'FAILED', { failure: 'CHANNEL_NOT_AVAILABLE' });
    await this.ports.audit.record(scope, {
      action: 'enrolment.deliver',
      target: `enrolment:${id}`,
      outcome: 'REFUSED',
      detail: 'CHANNEL_NOT_AVAILABLE',
    });
  }
}
