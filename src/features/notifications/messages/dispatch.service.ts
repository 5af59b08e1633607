import type { RequestContext } from '../../../kernel/actor.js';
import { HOUR_MS } from '../../../kernel/durations.js';
import { parseId } from '../../../kernel/ids.js';
import { ChannelHealth } from '../../../platform/delivery/channel-health.js';
import { DeliveryError } from '../../../platform/delivery/delivery-error.js';
import type { Logger } from '../../../platform/logger.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { Handed, MessageQueue, QueuedMessage } from './message-queue.service.js';
import type { MessageChannel, MessageId, MessageSubject } from './message.js';
import { nextAttempt } from './retry-plan.js';

/** A message that is written, and can be handed over. */
export interface Written {
  /** Where it goes. */
  readonly recipient: string;
  /** @returns what receipts will call it, if there will be any. @throws DeliveryError */
  handOver(id: DispatchId): Promise<string | null>;
}
export interface DispatchId {
  /** The same for each attempt of one dispatch. */
  readonly messageId: string;
  readonly id: MessageId;
  readonly dispatch: number;
}

/** Writes the message as things are now; null where there is nothing to say any more. */
export type Writer = (message: MessageSubject) => Promise<Written | null>;

const DAILY_LIMIT = 'The daily limit of text messages is reached.';
const NUMBER_LIMIT = 'The daily limit of text messages to this number is reached.';
const NOT_WRITTEN = 'The message could not be written: see the log.';
const RESTING = 'Its turn comes when the channel answers again.';
const ABANDONED = 'The server could not begin with it: see the log.';

/**
 * Carries out what the outbox holds. An attempt is claimed before anything leaves, and its end is stored after; a crash between
 * the two sends the same message again, under the same id.
 */
export class DispatchService {
  private readonly health: Readonly<Record<MessageChannel, ChannelHealth>> = {
    EMAIL: new ChannelHealth(),
    SMS: new ChannelHealth(),
  };

  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly messages: MessageQueue;
      readonly limits: RateLimits;
      readonly write: Writer;
      readonly log: Logger;
    },
  ) {}

  /** @throws Error where the database cannot be reached, and the job has to be tried again */
  async run(messageId: string, jobId: string): Promise<void> {
    const { work, messages } = this.ports;
    const id = parseId<MessageId>(messageId);
    const request = await work.systemRequest('message', messageId);
    const found = id && (await messages.find(work.read(request), id));
    if (found?.state !== 'QUEUED') return;
    if (await this.hasToWait(request, found)) return;
    const claimed = await messages.claim(work.read(request), found.id, jobId);
    if (claimed === undefined) await this.waitForLease(request, found);
    else await this.attempt(request, claimed, jobId);
  }

  /** The job has failed in itself, however often it was tried. */
  async giveUp(messageId: string): Promise<void> {
    const { work, messages } = this.ports;
    const id = parseId<MessageId>(messageId);
    const request = await work.systemRequest('message', messageId);
    if (id !== undefined) {
      await work.change(request, (scope) => messages.abandon(scope, id, ABANDONED));
    }
  }

  /** Postpones what would fail, or must not be sent now, without an attempt. */
  private async hasToWait(request: RequestContext, message: QueuedMessage): Promise<boolean> {
    const { work, messages } = this.ports;
    if (message.leasedUntil !== null) return false;
    const rest = this.health[message.channel].rest(request.now);
    if (rest === null && (await this.isWithinLimits(message))) return false;
    const problem = message.attempts === 0 ? RESTING : null;
    const wait =
      rest === null
        ? { until: new Date(request.now.getTime() + HOUR_MS), problem: DAILY_LIMIT }
        : { until: rest, problem };
    await work.change(request, (scope) =>
      messages.postpone(scope, message, {
        ...wait,
        lease: null,
        isStranded: rest !== null,
        recipient: null,
      }),
    );
    return true;
  }

  /** Invitations are counted where they leave: thousands may be ordered at once. Codes are counted where they are asked for. */
  private async isWithinLimits(message: QueuedMessage): Promise<boolean> {
    if (!isInvitationBySms(message) || message.attempts > 0) return true;
    const { limits } = this.ports;
    if (!(await limits.tryTake('sms-invitation/day', 'all'))) return false;
    if (await limits.tryTake('sms-code/day', 'all')) return true;
    await limits.giveBack('sms-invitation/day', 'all');
    return false;
  }

  /** Somebody else is at it, or died at it. */
  private async waitForLease(request: RequestContext, found: QueuedMessage): Promise<void> {
    const { work, messages } = this.ports;
    await work.change(request, (scope) => messages.lookAgain(scope, found.id));
  }

  private async attempt(
    request: RequestContext,
    message: QueuedMessage,
    lease: string,
  ): Promise<void> {
    const { work, messages } = this.ports;
    const held = { id: message.id, lease };
    const written = await this.write(message);
    if (written === null) {
      const nothing = { recipient: null, reference: null, problem: null };
      await work.change(request, (scope) => messages.settle(scope, held, 'DROPPED', nothing));
      return;
    }
    const outcome =
      written instanceof DeliveryError ? written : await this.handOver(message, written);
    const recipient = written instanceof DeliveryError ? null : written.recipient;
    if (outcome instanceof DeliveryError) {
      await this.failed(request, message, { lease, recipient, error: outcome });
      return;
    }
    await work.change(request, (scope) =>
      messages.settle(scope, held, 'SENT', { ...outcome, problem: null }),
    );
    if (await messages.hasStranded(work.read(request), message.channel)) {
      await work.change(request, (scope) => messages.wake(scope, message.channel));
    }
  }

  private async write(message: QueuedMessage): Promise<Written | DeliveryError | null> {
    try {
      return await this.ports.write(message);
    } catch (error) {
      this.ports.log.error({ messageId: message.id, error }, 'message could not be written');
      return new DeliveryError(NOT_WRITTEN, 'TEMPORARY');
    }
  }

  private async handOver(
    message: QueuedMessage,
    written: Written,
  ): Promise<Handed | DeliveryError> {
    const { id, template, dispatch, channel } = message;
    const kind = template.toLowerCase().replaceAll('_', '-');
    const messageId = `signet.${kind}.${id}.${String(dispatch)}`;
    const health = this.health[channel];
    if (!(await this.mayReach(message, written))) return new DeliveryError(NUMBER_LIMIT, 'REFUSED');
    try {
      const reference = await written.handOver({ messageId, id, dispatch });
      health.worked();
      return { recipient: written.recipient, reference };
    } catch (error) {
      const failure = asDeliveryError(error);
      if (failure !== error)
        this.ports.log.error({ messageId: id, error }, 'message not handed over');
      if (failure.kind === 'UNREACHABLE') health.failed(await this.ports.work.now());
      else health.worked();
      return failure;
    }
  }

  /** Counted at the first attempt; what is refused here costs nobody else his share. */
  private async mayReach(message: QueuedMessage, { recipient }: Written): Promise<boolean> {
    const { limits } = this.ports;
    if (!isInvitationBySms(message) || message.attempts > 1) return true;
    if (await limits.tryTake('sms-invitation/number', recipient)) return true;
    await limits.giveBack('sms-invitation/day', 'all');
    await limits.giveBack('sms-code/day', 'all');
    return false;
  }

  private async failed(
    request: RequestContext,
    message: QueuedMessage,
    failure: {
      readonly lease: string;
      readonly recipient: string | null;
      readonly error: DeliveryError;
    },
  ): Promise<void> {
    const { work, messages, log } = this.ports;
    const { lease, recipient, error } = failure;
    const { id: messageId, channel, template, attempts } = message;
    const facts = { messageId, channel, template, attempts, problem: error.message };
    await work.change(request, async (scope) => {
      const until = error.kind === 'REFUSED' ? null : nextAttempt(message, scope.now);
      if (until !== null) {
        log.warn(facts, 'message not handed over');
        const isStranded = error.kind === 'UNREACHABLE';
        const postponed = { lease, until, problem: error.message, isStranded, recipient };
        await messages.postpone(scope, message, postponed);
        return;
      }
      log.error(facts, 'message given up');
      const ended = { recipient, reference: null, problem: error.message };
      await messages.settle(scope, { id: messageId, lease }, 'FAILED', ended);
    });
  }
}

function isInvitationBySms({ channel, template }: QueuedMessage): boolean {
  return channel === 'SMS' && template !== 'SIGN_IN_CODE';
}

function asDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  return new DeliveryError('The message was not handed over: see the log.', 'TEMPORARY');
}
