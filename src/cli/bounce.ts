import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { loadConfig, type Config } from '../config.js';
import { AuditService } from '../features/audit/audit.service.js';
import { EnrolmentLog } from '../features/enrolment/enrolment-log.service.js';
import { InvitationDeliveryService } from '../features/enrolment/invitations/invitation-delivery.service.js';
import { BounceAddresses } from '../features/notifications/bounces/bounce-addresses.js';
import { BounceService } from '../features/notifications/bounces/bounce.service.js';
import { MessageQueue } from '../features/notifications/messages/message-queue.service.js';
import { messageMoved } from '../features/notifications/messages/message.events.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { UnitOfWork, type ChangeScope } from '../platform/scope.js';
import { ownKeys, withDatabase } from './own-database.js';

const USAGE = `npm run --silent bounce -- [ADDRESS] < MAIL

Takes a mail that came back to BOUNCE_ADDRESS, on its standard input: what it says could not be delivered is BOUNCED from then on.
ADDRESS is the one that the mail server received it for, as headers may lie. Other mails change nothing, and are no error.
It needs MASTER_KEY and DATABASE_URL, or the DATA_DIR of the server. Exit status 75 asks the mail server to try again later.
`;

/** sysexits.h, which mail servers go by. */
const EXIT = { DONE: 0, MISUSED: 64, TRY_AGAIN: 75 } as const;
/** Reports carry the mail that came back, or its headers. What is longer is cut: the report comes first. */
const MAX_BYTES = 10 * 1024 * 1024;

async function main(args: readonly string[]): Promise<number> {
  const [address = null, ...others] = args;
  if (others.length > 0 || address?.startsWith('-') === true) {
    process.stderr.write(USAGE);
    return EXIT.MISUSED;
  }
  const mail = await read(process.stdin);
  try {
    process.stdout.write(`${await take(mail, address)}\n`);
    return EXIT.DONE;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.TRY_AGAIN;
  }
}

async function take(mail: Buffer, address: string | null): Promise<string> {
  const config = settings();
  const keys = await ownKeys(config);
  return withDatabase(config, async (source) => {
    const audit = new AuditService();
    const deliveries = new InvitationDeliveryService({ log: new EnrolmentLog(), audit });
    const handlers = new EventHandlers<ChangeScope>();
    handlers.on(messageMoved, (scope, event) => deliveries.follow(scope, event));
    // The mailbox is that of the server's own settings; to read what was sent, its name does not matter.
    const addresses = new BounceAddresses('bounces@localhost', keys);
    const bounces = new BounceService(addresses, new MessageQueue(), audit);
    const work = new UnitOfWork(source, handlers);
    const request = await work.systemRequest('bounce', randomUUID());
    return work.change(request, (scope) => bounces.take(scope, mail, address));
  });
}

function settings(): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR, MASTER_KEY } = process.env;
  return loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY });
}

async function read(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    if (length < MAX_BYTES) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES);
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.TRY_AGAIN;
  },
);
