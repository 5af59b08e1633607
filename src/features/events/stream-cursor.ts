import { equalSecrets, type KeyRing } from '../../kernel/secrets.js';
import type { ProjectId } from '../../kernel/ids.js';

/** Where an event stands in the log of a project, behind all whose triple is less. */
export interface LogPosition {
  readonly epoch: number;
  /** Number of the transaction that wrote it. */
  readonly xid: string;
  /** In the order of writing, within its transaction. */
  readonly number: string;
}
/** The instant, in microseconds since 1970, tells an event from one that took its place after a restore. */
export interface EventPosition extends LogPosition {
  readonly micros: string;
}

const TAG_BYTES = 16;
const PLAIN_BYTES = 28;

/**
 * Cursors tell nothing of what else happens on the server, and are good for one log of one project alone. The same event has
 * always the same: a synthetic initialization vector (RFC 5297), with HMAC as the pseudo-random function.
 */
export class StreamCursors {
  constructor(private readonly keys: KeyRing) {}

  write(log: string, projectId: ProjectId, position: EventPosition): string {
    const plain = toBytes(position);
    const tag = this.tag(log, projectId, plain);
    return Buffer.concat([tag, this.mask(tag, plain)]).toString('base64url');
  }

  /** Undefined for what is no cursor of this log and project. */
  read(log: string, projectId: ProjectId, cursor: string): EventPosition | undefined {
    const bytes = Buffer.from(cursor, 'base64url');
    if (bytes.length !== TAG_BYTES + PLAIN_BYTES) return undefined;
    const tag = bytes.subarray(0, TAG_BYTES);
    const plain = this.mask(tag, bytes.subarray(TAG_BYTES));
    return equalSecrets(tag, this.tag(log, projectId, plain)) ? fromBytes(plain) : undefined;
  }

  private tag(log: string, projectId: ProjectId, plain: Buffer): Buffer {
    return this.keys.mac('stream-cursor', 'tag', log, projectId, plain).subarray(0, TAG_BYTES);
  }

  private mask(tag: Buffer, bytes: Buffer): Buffer {
    const pad = this.keys.mac('stream-cursor', 'pad', tag);
    return Buffer.from(bytes.map((byte, i) => byte ^ (pad[i] ?? 0)));
  }
}

function toBytes({ epoch, xid, number, micros }: EventPosition): Buffer {
  const bytes = Buffer.alloc(PLAIN_BYTES);
  bytes.writeUInt32BE(epoch);
  [xid, number, micros].forEach((part, i) => bytes.writeBigInt64BE(BigInt(part), 4 + 8 * i));
  return bytes;
}

function fromBytes(bytes: Buffer): EventPosition {
  const [xid = '', number = '', micros = ''] = [4, 12, 20].map((at) =>
    bytes.readBigInt64BE(at).toString(),
  );
  return { epoch: bytes.readUInt32BE(0), xid, number, micros };
}
