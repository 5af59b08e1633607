import type { MessageSubject } from '../../features/notifications/messages/message.js';
import { ResendService } from '../../features/notifications/messages/resend.service.js';
import { createAssignedIds } from './assigned-ids.js';
import { createAuthentication } from './authentication.js';
import { createBase, type Ground } from './base.js';
import { createEnrolment } from './enrolment.js';
import { registerHandlers } from './event-handlers.js';
import { messageComposer } from './message-composer.js';
import { createScim } from './scim.js';
import { createWebhooks } from './webhooks.js';

export type Services = ReturnType<typeof createServices>;

/** Composition by hand, lowest slices first. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services is what it returns
export function createServices(ground: Ground) {
  const base = createBase(ground);
  const authentication = createAuthentication(base, ground);
  const assignedIds = createAssignedIds(base);
  const enrolment = createEnrolment(base, authentication);
  const webhooks = createWebhooks(base, ground.webhooks);
  const scim = createScim(base);
  const services = {
    ...{ ...base, ...authentication, ...assignedIds, ...enrolment },
    ...{ ...scim, ...webhooks },
  };
  registerHandlers(base.handlers, services);
  const compose = messageComposer(services);
  const hasContent = async (about: MessageSubject): Promise<boolean> =>
    (await compose(about)) !== null;
  return { ...services, compose, resends: new ResendService({ ...base, hasContent }) };
}
