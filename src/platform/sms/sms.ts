import { systemClock, type Clock } from '../../kernel/clock.js';
import { ChannelHealth } from '../delivery/channel-health.js';
import { storeTextMessage } from '../delivery/mailbox.js';
import { httpGateway } from './http-gateway.js';
import { SmsError, type OnReceipt, type SmsGateway, type TextMessage } from './sms-gateway.js';
import { partsOf } from './sms-parts.js';
import type { SmsRoute } from './sms-routes.js';
import { SmppGateway } from './smpp/smpp-gateway.js';

/** Sends text messages, by whichever gateway takes them. */
export interface SmsSender {
  /** Resolves when a gateway took the message. @returns what its receipts call it, if there are any. @throws SmsError */
  send(message: TextMessage): Promise<string | null>;
  listen(onReceipt: OnReceipt): void;
  close(): Promise<void>;
}

export interface SmsSenderOptions {
  /** In the order in which they are tried. None: each message becomes a file in `mailboxDir`. */
  readonly routes: readonly SmsRoute[];
  readonly mailboxDir: string;
  readonly clock?: Clock;
}

export function createSmsSender(options: SmsSenderOptions): SmsSender {
  const { routes, mailboxDir, clock = systemClock } = options;
  if (routes.length === 0) {
    return {
      send: async ({ to, text }) => {
        await storeTextMessage(mailboxDir, clock.now(), { to, text });
        return null;
      },
      listen: () => undefined,
      close: () => Promise.resolve(),
    };
  }
  return new GatewaysInOrder(
    routes.map((route) => (route.kind === 'HTTP' ? httpGateway(route) : new SmppGateway(route))),
    clock,
  );
}

/** Each is billed, and long names can make a text longer than anybody meant. */
const MAX_PARTS = 10;

interface Way {
  readonly gateway: SmsGateway;
  readonly health: ChannelHealth;
}

/**
 * The first that takes a message has it. One that does not answer is left for last, for a while; one that is still at work on it is
 * waited for.
 */
class GatewaysInOrder implements SmsSender {
  private readonly ways: readonly Way[];

  constructor(
    gateways: readonly SmsGateway[],
    private readonly clock: Clock,
  ) {
    this.ways = gateways.map((gateway) => ({ gateway, health: new ChannelHealth() }));
  }

  async send(message: TextMessage): Promise<string | null> {
    if (partsOf(message.text).parts.length > MAX_PARTS) {
      throw new SmsError('The text would take more than ten messages.', 'REFUSED');
    }
    const failures: SmsError[] = [];
    for (const { gateway, health } of this.inOrder()) {
      try {
        const reference = await gateway.send(message);
        health.worked();
        return reference === null ? null : `${gateway.name} ${reference}`;
      } catch (error) {
        if (!(error instanceof SmsError)) throw error;
        if (error.kind === 'UNREACHABLE') health.failed(this.clock.now());
        else health.worked();
        if (error.kind === 'TEMPORARY') throw error; // it has the message already: another one would send it a second time
        failures.push(error);
      }
    }
    throw together(failures);
  }

  listen(onReceipt: OnReceipt): void {
    for (const { gateway } of this.ways) {
      gateway.listen((reference, outcome) => onReceipt(`${gateway.name} ${reference}`, outcome));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.ways.map(({ gateway }) => gateway.close()));
  }

  private inOrder(): Way[] {
    const now = this.clock.now();
    const resting = this.ways.filter(({ health }) => health.isResting(now));
    return [...this.ways.filter((way) => !resting.includes(way)), ...resting];
  }
}

/** For good only where each has refused it for good. */
function together(failures: readonly SmsError[]): SmsError {
  const [only, ...others] = failures;
  if (only === undefined) return new SmsError('There is no SMS gateway.', 'UNREACHABLE');
  if (others.length === 0) return only;
  const told = failures.map(({ message }, i) => `${String(i + 1)}. ${message}`).join(' ');
  const isRefused = failures.every(({ kind }) => kind === 'REFUSED');
  return new SmsError(told, isRefused ? 'REFUSED' : 'UNREACHABLE');
}
