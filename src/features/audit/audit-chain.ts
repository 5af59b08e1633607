import { createHash } from 'node:crypto';
import type { KeyRing } from '../../kernel/secrets.js';

/** An entry as it is sealed and exported: the time to the microsecond, as the database keeps it. */
export interface SealedEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly actorId: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly outcome: string;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly detail: string | null;
}

export interface Seal {
  readonly number: string;
  readonly lastEntry: string;
  readonly entries: number;
  readonly digest: Buffer;
  readonly seal: Buffer;
  readonly sealedAt: string;
}

/** Names one seal, and with it all that came before: whoever keeps it notices when the chain is cut behind its back. */
export interface Anchor {
  readonly number: string;
  readonly seal: string;
}

/** In the order of {@link SealedEntry}; instants as text, so that no microsecond is lost on the way. */
export const ENTRY_COLUMNS = `id::text AS id,
  to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, actor, actor_id AS "actorId", action, target, outcome,
  address, request_id AS "requestId", detail`;
export const SEAL_COLUMNS = `number::text AS number, last_entry::text AS "lastEntry", entries, digest, seal,
  to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "sealedAt"`;

const ANCHOR = /^([1-9]\d{0,17}):([0-9a-f]{64})$/;

/** One line of JSON, its members always in this order: what an export holds is what was sealed. */
export function lineOf(entry: SealedEntry): string {
  const { id, at, actor, actorId, action, target, outcome, address, requestId, detail } = entry;
  return `${JSON.stringify({ id, at, actor, actorId, action, target, outcome, address, requestId, detail })}\n`;
}

/** Takes entries one after the other, in the order of their numbers. */
export class EntriesDigest {
  private readonly hash = createHash('sha256');
  private taken = 0;

  add(entry: SealedEntry): void {
    this.hash.update(lineOf(entry));
    this.taken++;
  }

  get entries(): number {
    return this.taken;
  }

  /** Ends it. */
  digest(): Buffer {
    return this.hash.digest();
  }
}

/** What ties a seal to its entries and to the seal before: whoever has the database alone cannot make it. */
export function macOf(keys: KeyRing, seal: Omit<Seal, 'seal'>, before: Seal | undefined): Buffer {
  const { number, lastEntry, entries, digest, sealedAt } = seal;
  const previous = before?.seal ?? Buffer.alloc(0);
  return keys.mac('audit-seal', number, lastEntry, String(entries), digest, sealedAt, previous);
}

export function anchorOf({ number, seal }: Seal): Anchor {
  return { number, seal: seal.toString('hex') };
}

export function formatAnchor({ number, seal }: Anchor): string {
  return `${number}:${seal}`;
}

/** Undefined for what is no anchor. */
export function parseAnchor(text: string): Anchor | undefined {
  const [, number, seal] = ANCHOR.exec(text.trim()) ?? [];
  return number === undefined || seal === undefined ? undefined : { number, seal };
}
