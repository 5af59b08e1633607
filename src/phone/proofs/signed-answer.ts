import { base64url, sha256, utf8, type Bytes } from '../bytes.js';
import type { MobileIdChallenge } from '../contract.js';
import { jwsNameOf, sign } from '../keys/key-algorithm.js';
import type { StoredMobileId } from '../keys/key-store.js';

export interface AnswerSubject {
  /** The server's public URL. */
  readonly audience: string;
  readonly challenge: Pick<MobileIdChallenge, 'id' | 'nonce'>;
  /** As the person typed it. */
  readonly number: string;
  readonly issuedAt: Date;
}

/** The `answer` of `answerMobileIdChallenge`: a compact JWS (RFC 7515) by the mobile ID's key. */
export async function signAnswer(
  mobileId: StoredMobileId,
  subject: AnswerSubject,
): Promise<string> {
  const { algorithm, privateKey, fingerprint } = authenticationOf(mobileId);
  const header = {
    alg: jwsNameOf(algorithm),
    typ: 'mobile-id+jwt',
    'x5t#S256': base64url(bytesOf(fingerprint)),
  };
  const payload = {
    aud: subject.audience,
    jti: subject.challenge.id,
    nonce: subject.challenge.nonce,
    number: subject.number,
    iat: Math.floor(subject.issuedAt.getTime() / 1000),
  };
  const signed = [header, payload].map((part) => base64url(utf8(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url(await sign(algorithm, privateKey, utf8(signed)))}`;
}

/** Those of the mobile IDs that the server lets answer. */
export async function matching(
  mobileIds: readonly StoredMobileId[],
  { hints, nonce }: MobileIdChallenge,
): Promise<StoredMobileId[]> {
  const found: StoredMobileId[] = [];
  for (const mobileId of mobileIds) {
    const fingerprint = fingerprintOf(mobileId);
    if (fingerprint === undefined) continue;
    if (hints.includes(base64url(await sha256(utf8(`${nonce}.${fingerprint}`))))) {
      found.push(mobileId);
    }
  }
  return found;
}

function authenticationOf(
  mobileId: StoredMobileId,
): StoredMobileId['keys'][number] & { fingerprint: string } {
  const key = mobileId.keys.find(({ kind }) => kind === 'AUTHENTICATION');
  const fingerprint = fingerprintOf(mobileId);
  if (key === undefined || fingerprint === undefined) throw new Error('It cannot authenticate.');
  return { ...key, fingerprint };
}

/** Undefined where there is no key on this phone to go with it. */
function fingerprintOf({ keys, profile }: StoredMobileId): string | undefined {
  if (!keys.some(({ kind }) => kind === 'AUTHENTICATION')) return undefined;
  return profile.certificates.find(({ kind }) => kind === 'AUTHENTICATION')?.fingerprint;
}

/** Octets in hexadecimal, parted by colons. */
function bytesOf(fingerprint: string): Bytes {
  return Uint8Array.from(fingerprint.split(':'), (octet) => Number.parseInt(octet, 16));
}
