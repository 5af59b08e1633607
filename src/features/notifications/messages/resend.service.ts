import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { MessageQueue } from './message-queue.service.js';
import type { MessageRecord, MessageService } from './message.service.js';
import type { MessageSubject } from './message.js';

/** Sends messages again that have come to an end. */
export class ResendService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly messages: MessageService;
      readonly messageQueue: MessageQueue;
      readonly audit: AuditService;
      /** Whether there is something left to say. */
      readonly hasContent: (message: MessageSubject) => Promise<boolean>;
    },
  ) {}

  /**
   * The message is written anew, and goes to the address that is right by now.
   * @throws DomainError NOT_FOUND, RATE_LIMITED; INVALID_TRANSITION with `reason` STILL_QUEUED or NOTHING_TO_SAY
   */
  async resend(request: RequestContext, id: string): Promise<MessageRecord> {
    const { work, limits, messages, messageQueue, audit, hasContent } = this.ports;
    const found = await messages.find(work.read(request), id);
    if (found === undefined) throw new DomainError('NOT_FOUND');
    if (found.state === 'QUEUED') throw stillQueued();
    await limits.take('message/resend', found.id);
    if (!(await hasContent(found))) {
      throw new DomainError('INVALID_TRANSITION', { from: found.state, reason: 'NOTHING_TO_SAY' });
    }
    return work.change(request, async (scope) => {
      if (!(await messageQueue.requeue(scope, found.id))) throw stillQueued();
      await audit.record(scope, {
        action: 'message.resend',
        target: `message:${found.id}`,
        detail: `${found.channel} ${found.template}`,
      });
      const queued = await messages.find(scope, id);
      if (queued === undefined) throw new DomainError('NOT_FOUND');
      return queued;
    });
  }
}

function stillQueued(): DomainError {
  return new DomainError('INVALID_TRANSITION', { from: 'QUEUED', reason: 'STILL_QUEUED' });
}
