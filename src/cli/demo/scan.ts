import { adviceOn } from '../../phone/advice.js';
import { PhoneError, ServerError } from '../../phone/problem.js';
import type { PublicApi, StatusEvent } from './api.js';
import type { Order } from './order.js';
import { terminalPhone } from './phone.js';
import type { Screen } from './screen.js';
import { DemoProblem } from './problem.js';

const STATUS_INDENT = 5;
const STATUS_WIDTH = 22;
const PHONE_INDENT = 12;
/** Wider than the room beside the status. */
const FINGERPRINT = /^\s*SHA-256 /;

export interface ScanParts {
  readonly api: PublicApi;
  readonly screen: Screen;
  /** Of a self-signed server; null over plain http. */
  readonly certFile: string | null;
  /**
   * Asks the reader to scan with a phone of his own. True: he would rather watch one in the terminal; false: no longer
   * asked. Null: there is nobody to ask.
   */
  readonly askForPhone: ((signal: AbortSignal) => Promise<boolean>) | null;
  readonly signal: AbortSignal;
}

/**
 * Tells the status stream line by line while a phone scans the code.
 * @throws Error where it does not end with an active mobile ID
 */
export async function watchTheScan(parts: ScanParts, order: Order): Promise<void> {
  const { api, screen, signal } = parts;
  const failed = new AbortController();
  const asked = new AbortController();
  const watching = AbortSignal.any([signal, failed.signal]);
  let phone: Promise<void> | undefined;
  let last: StatusEvent | undefined;
  for await (const event of api.watch(order.enrolment.id, order.watchToken, watching)) {
    showStatus(screen, event);
    last = event;
    if (event.status === 'CODE_EXPIRED') break;
    if (phone !== undefined) asked.abort();
    phone ??= scan(parts, order.enrolment.qr.uri, { asked: asked.signal, failed });
  }
  asked.abort();
  await phone;
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  if (last?.status !== 'ACTIVE') throw new DemoProblem(endingOf(last));
}

/** Never rejects: a phone that fails ends the watching, too. */
async function scan(
  { certFile, askForPhone, screen, signal }: ScanParts,
  link: string,
  { asked, failed }: { readonly asked: AbortSignal; readonly failed: AbortController },
): Promise<void> {
  if (askForPhone !== null && !(await askForPhone(AbortSignal.any([signal, asked])))) return;
  const write = (line: string): void => {
    if (!FINGERPRINT.test(line)) screen.line(`┊${line}`, { indent: PHONE_INDENT, style: 'dim' });
  };
  try {
    await terminalPhone({ link, certFile, write, signal });
  } catch (error) {
    failed.abort(explained(error));
  }
}

function explained(error: unknown): Error {
  const isForeseen = error instanceof PhoneError || error instanceof ServerError;
  if (isForeseen) return new DemoProblem(`${adviceOn(error).title}.`, { cause: error });
  return error instanceof Error ? error : new Error('The phone failed.', { cause: error });
}

function showStatus(screen: Screen, { at, status, enrolment }: StatusEvent): void {
  const seconds = (Date.parse(at) - Date.parse(enrolment.createdAt)) / 1000;
  const device = status === 'SCANNED' ? (enrolment.device?.name ?? '') : '';
  const text = `${seconds.toFixed(1).padStart(5)} s  ${status.padEnd(STATUS_WIDTH)}${device}`;
  screen.line(text.trimEnd(), { indent: STATUS_INDENT - 1, style: styleOf(status) });
}

const BAD_ENDINGS = new Set(['CODE_EXPIRED', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED']);

function styleOf(status: string): 'green' | 'red' | 'cyan' {
  if (status === 'ACTIVE') return 'green';
  return BAD_ENDINGS.has(status) ? 'red' : 'cyan';
}

function endingOf(event: StatusEvent | undefined): string {
  switch (event?.status) {
    case undefined:
      return 'The status stream ended early.';
    case 'CODE_EXPIRED':
      return 'Nobody scanned the code in time.';
    case 'CANCELLED':
      return 'The order was cancelled.';
    default:
      return event?.enrolment.failure?.message ?? `The order ended as ${String(event?.status)}.`;
  }
}
