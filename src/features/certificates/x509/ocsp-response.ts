import {
  bitString,
  context,
  contextPrimitive,
  type Der,
  derOf,
  enumerated,
  generalizedTime,
  octetsOf,
  octetString,
  oid,
  sequence,
} from './der-writer.js';
import { reasonCodeOf } from './revocation-reason.js';
import type { Signer } from './signer.js';

/** What is known of a certificate: null where it was never issued. */
export type RevocationStatus =
  | { readonly kind: 'good' | 'unknown' }
  | { readonly kind: 'revoked'; readonly revokedAt: Date; readonly reason: string | null };

/** A responder's own key, with the certificate by which an authority vouches for it. */
export interface OcspSigner {
  readonly signer: Signer;
  readonly certificateDer: Buffer;
  /** SHA-1 of its public key, by which answers name it (RFC 6960 4.2.1, byKey). */
  readonly keyHash: Buffer;
  readonly notAfter: Date;
}

export interface OcspAnswer {
  /** The CertID as it was asked, and what is known. */
  readonly certificates: readonly { readonly id: Buffer; readonly status: RevocationStatus }[];
  readonly producedAt: Date;
  readonly nextUpdate: Date;
  readonly nonce: Buffer | null;
}

/** OCSPResponseStatus (RFC 6960 4.2.1) */
const FAILURES = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const;
export type OcspFailure = keyof typeof FAILURES;

const SUCCESSFUL = 0;
/** id-pkix-ocsp-basic, id-pkix-ocsp-nonce */
const BASIC = oid('1.3.6.1.5.5.7.48.1.1');
const NONCE = oid('1.3.6.1.5.5.7.48.1.2');

/** An answer that says only why there is none; nobody signs it. */
export function ocspFailure(failure: OcspFailure): Buffer {
  return octetsOf(sequence(enumerated(FAILURES[failure])));
}

/** BasicOCSPResponse of RFC 6960 4.2.1 by a delegated responder, in DER. */
export async function signOcspResponse(by: OcspSigner, answer: OcspAnswer): Promise<Buffer> {
  const { certificates, producedAt, nextUpdate, nonce } = answer;
  const data = sequence(
    context(2, octetString(by.keyHash)),
    generalizedTime(producedAt),
    sequence(
      ...certificates.map(({ id, status }) =>
        sequence(
          derOf(id),
          encodeStatus(status),
          generalizedTime(producedAt), // thisUpdate: the status was looked up for this answer
          context(0, generalizedTime(nextUpdate)),
        ),
      ),
    ),
    ...(nonce === null ? [] : [nonceExtension(nonce)]),
  );
  const { key, hash, signatureAlgorithm } = by.signer;
  const basic = sequence(
    data,
    signatureAlgorithm,
    bitString(await key.sign(hash, octetsOf(data))),
    context(0, sequence(derOf(by.certificateDer))),
  );
  return octetsOf(
    sequence(enumerated(SUCCESSFUL), context(0, sequence(BASIC, octetString(basic)))),
  );
}

function encodeStatus(status: RevocationStatus): Der {
  switch (status.kind) {
    case 'good':
      return contextPrimitive(0, '');
    case 'unknown':
      return contextPrimitive(2, '');
    case 'revoked': {
      const code = reasonCodeOf(status.reason);
      const reason = code === undefined ? [] : [context(0, enumerated(code))];
      return context(1, generalizedTime(status.revokedAt), ...reason);
    }
  }
}

/** RFC 9654 2.1 */
function nonceExtension(nonce: Buffer): Der {
  return context(1, sequence(sequence(NONCE, octetString(octetString(nonce)))));
}
