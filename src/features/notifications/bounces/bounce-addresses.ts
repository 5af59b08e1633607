import { equalSecrets, type KeyRing } from '../../../kernel/secrets.js';
import { parseId } from '../../../kernel/ids.js';
import type { MessageId } from '../messages/message.js';

export interface Returned {
  readonly id: MessageId;
  readonly dispatch: number;
}

const ID_BYTES = 16;
const DISPATCH_BYTES = 2;
const MAC_BYTES = 10;
const TOKEN_BYTES = ID_BYTES + DISPATCH_BYTES + MAC_BYTES;
const TOKEN = /\+([0-9a-v]{45})@/i;
const TOKEN_CHARACTERS = 45;
/** RFC 4648 section 7, "base32hex": one case, as some mail servers keep no other. */
const RADIX = 32;

/**
 * A return path for each message, which tells when a mail comes back which one it was (VERP): `bounces+TOKEN@example.org`. Strangers
 * cannot make one up, so that nobody declares mails undeliverable that he has not received.
 */
export class BounceAddresses {
  private readonly local: string;
  private readonly domain: string;

  /** @param address of the mailbox whose mails go to `npm run bounce` */
  constructor(
    address: string,
    private readonly keys: KeyRing,
  ) {
    const at = address.lastIndexOf('@');
    this.local = address.slice(0, at);
    this.domain = address.slice(at + 1);
  }

  of({ id, dispatch }: Returned): string {
    return `${this.local}+${this.token(id, dispatch)}@${this.domain}`;
  }

  /** The message that was sent with this return path; undefined where none was. */
  read(address: string): Returned | undefined {
    const token = TOKEN.exec(address)?.[1]?.toLowerCase();
    const bytes = token === undefined ? undefined : bytesOf(token);
    if (token === undefined || bytes === undefined) return undefined;
    const id = parseId<MessageId>(uuidOf(bytes.subarray(0, ID_BYTES)));
    const dispatch = bytes.readUInt16BE(ID_BYTES);
    if (id === undefined) return undefined;
    const expected = Buffer.from(this.token(id, dispatch));
    return equalSecrets(expected, Buffer.from(token)) ? { id, dispatch } : undefined;
  }

  private token(id: MessageId, dispatch: number): string {
    const subject = Buffer.alloc(ID_BYTES + DISPATCH_BYTES);
    subject.write(id.replaceAll('-', ''), 'hex');
    subject.writeUInt16BE(dispatch % 2 ** 16, ID_BYTES);
    const mac = this.keys.mac('bounce-address', subject).subarray(0, MAC_BYTES);
    const number = BigInt(`0x${Buffer.concat([subject, mac]).toString('hex')}`);
    return number.toString(RADIX).padStart(TOKEN_CHARACTERS, '0');
  }
}

function bytesOf(token: string): Buffer | undefined {
  let number = 0n;
  for (const char of token) number = number * BigInt(RADIX) + BigInt(parseInt(char, RADIX));
  const hex = number.toString(16).padStart(2 * TOKEN_BYTES, '0');
  return hex.length === 2 * TOKEN_BYTES ? Buffer.from(hex, 'hex') : undefined;
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
