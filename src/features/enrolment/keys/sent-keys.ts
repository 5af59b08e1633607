import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { sha256 } from '../../../kernel/secrets.js';
import type { KeyWish } from './key-delivery.service.js';

export interface CertificateRequest {
  readonly kind: CertificateKind;
  /** PKCS #10, PEM. */
  readonly csr: string;
}

/** What a phone sends to get certificates, and the keys that come from the server. */
export interface SentKeys extends KeyWish {
  readonly requests: readonly CertificateRequest[];
}

/** Independent of the order in which the requests are sent; bound to the key that keys are wrapped for. */
export function digestOf({ requests, wrappingKey, serverKeyAlgorithm }: SentKeys): Buffer {
  const parts = requests.map(({ kind, csr }) => `${kind} ${csr.trim()}`);
  if (new Set(requests.map(({ kind }) => kind)).size < requests.length) {
    throw invalidInput('input.requests', 'Send one request for each kind.');
  }
  const wish = { wrappingKey: wrappingKey ?? null, algorithm: serverKeyAlgorithm ?? null };
  const isPlain = wish.wrappingKey === null && wish.algorithm === null;
  return sha256(JSON.stringify(isPlain ? parts.sort() : [parts.sort(), wish]));
}

/** @throws DomainError CSR_REJECTED where not each of the keys that the phone has to make has its request */
export function refuseOtherKinds(
  wanted: readonly CertificateKind[],
  requests: readonly Pick<CertificateRequest, 'kind'>[],
): void {
  const sent = requests.map(({ kind }) => kind);
  const fits = sent.length === wanted.length && wanted.every((kind) => sent.includes(kind));
  if (!fits) throw new DomainError('CSR_REJECTED', { reason: 'KINDS', wanted });
}
