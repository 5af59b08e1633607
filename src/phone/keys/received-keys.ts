import { algorithmOfKey, parseCertificate } from '../certificate.js';
import type { ActivatedMobileId, IssuedCertificate, WrappedKey } from '../contract.js';
import { belongsTo } from './decryption-key.js';
import type { StoredKey } from './key-store.js';
import { PhoneError } from '../problem.js';
import { unwrapKey, type WrappingKey } from './wrapped-key.js';

/**
 * The keys that came from the server, unwrapped and checked against their certificates. A key that the server has already
 * forgotten is left out: the certificate is then one without a key here.
 * Throws `ANSWER_REJECTED` for a key that is not for this phone, or belongs to no certificate of this mobile ID.
 */
export async function receiveKeys(
  answer: ActivatedMobileId,
  wrappingKey: WrappingKey | undefined,
  extractable = false,
): Promise<StoredKey[]> {
  const keys: StoredKey[] = [];
  for (const wrapped of answer.encryptionKeys) {
    if (wrappingKey === undefined) throw rejected('Nobody has asked for a wrapped key.');
    const certificate = answer.profile.certificates.find(({ id }) => id === wrapped.certificateId);
    if (certificate?.kind !== 'ENCRYPTION') throw rejected('A key came without its certificate.');
    keys.push(await receive(wrapped, certificate, { wrappingKey, extractable }));
  }
  return keys;
}

async function receive(
  wrapped: WrappedKey,
  { pem }: IssuedCertificate,
  how: { wrappingKey: WrappingKey; extractable: boolean },
): Promise<StoredKey> {
  const { publicKey } = parseCertificate(pem);
  const algorithm = algorithmOfKey(publicKey);
  const handles = await unwrapKey(wrapped, { ...how, algorithm });
  if (!(await belongsTo(handles, algorithm, publicKey))) {
    throw rejected('A key does not fit its certificate.');
  }
  return { kind: 'ENCRYPTION', algorithm, publicKey, ...handles };
}

function rejected(detail: string): PhoneError {
  return new PhoneError('ANSWER_REJECTED', detail);
}
