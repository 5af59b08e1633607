import { X509Certificate } from 'node:crypto';
import { compactVerify } from 'jose';
import { parseId, type ProfileId } from '../../../kernel/ids.js';
import {
  algorithmsFor,
  claimsIn,
  MAX_PROOF_CHARACTERS,
  proofRejected,
  requireFresh,
  signerNamedIn,
} from '../../../kernel/phone-proof.js';
import { equalSecrets, sha256 } from '../../../kernel/secrets.js';
import { provenDevice } from '../../profiles/device-proof.service.js';
import type { SentKeys } from '../keys/sent-keys.js';

/** One JWS within another. */
export const MAX_RENEWAL_PROOF_CHARACTERS = 2 * MAX_PROOF_CHARACTERS;

/** What a proof must have been made for. */
export interface RenewalTarget {
  /** The server's public URL. */
  readonly audience: string;
  readonly now: Date;
}

/** What a phone's own key has signed: its thumbprint, and the proof by the mobile ID's key, which is not checked yet. */
export interface DevicePart {
  /** RFC 7638, base64url. */
  readonly thumbprint: string;
  readonly profileId: ProfileId;
  readonly keyProof: string;
  /** Of the certificate that the inner proof names: SHA-256, upper case, octets parted by colons. */
  readonly fingerprint: string;
}

/** What the mobile ID's key has signed. */
export interface KeyPart {
  /** base64url SHA-256 of the requests that the proof goes with; null where it goes with none. */
  readonly requestsHash: string | null;
}

/**
 * The outer JWS: ES256 by the phone's own key, typ `renewal+jwt`, over the inner one.
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, KEY, SIGNATURE, AUDIENCE or TIME
 */
export async function checkDevicePart(proof: string, target: RenewalTarget): Promise<DevicePart> {
  const { thumbprint, claims } = await provenDevice(proof, {
    ...target,
    type: 'renewal+jwt',
    maxCharacters: MAX_RENEWAL_PROOF_CHARACTERS,
  });
  const { sub, key: keyProof } = claims;
  const profileId = typeof sub === 'string' ? parseId<ProfileId>(sub) : undefined;
  if (profileId === undefined || typeof keyProof !== 'string') throw proofRejected('FORM');
  return {
    thumbprint,
    profileId,
    keyProof,
    fingerprint: signerNamedIn(keyProof, 'renewal-key+jwt'),
  };
}

/**
 * The inner JWS, by the key of the mobile ID's certificate, in the one algorithm that goes with it.
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, SIGNATURE, AUDIENCE or TIME
 */
export async function checkKeyPart(
  keyProof: string,
  certificateDer: Buffer,
  target: RenewalTarget,
): Promise<KeyPart> {
  const { publicKey } = new X509Certificate(certificateDer);
  const { payload } = await compactVerify(keyProof, publicKey, {
    algorithms: algorithmsFor(publicKey),
  }).catch((cause: unknown) => {
    throw proofRejected('SIGNATURE', cause);
  });
  const claims = claimsIn(payload);
  checkTarget(claims, target);
  const { rqh = null } = claims;
  if (rqh !== null && typeof rqh !== 'string') throw proofRejected('FORM');
  return { requestsHash: rqh };
}

/** Whoever got hold of a proof cannot use it for requests of his own. @throws DomainError DEVICE_PROOF_REJECTED, REQUESTS */
export function refuseOtherRequests(
  { requestsHash }: KeyPart,
  { requests, wrappingKey, serverKeyAlgorithm }: SentKeys,
): void {
  const parts: [string, string | null | undefined][] = [
    ...requests.map(({ kind, csr }): [string, string] => [kind, csr]),
    ['wrappingKey', wrappingKey],
    ['serverKeyAlgorithm', serverKeyAlgorithm],
  ];
  const sent = parts.filter(([, value]) => value !== null && value !== undefined);
  const expected = sha256(sent.map(([name, value]) => `${name}\n${value ?? ''}`).join(''));
  const given = Buffer.from(requestsHash ?? '', 'base64url');
  if (!equalSecrets(given, expected)) throw proofRejected('REQUESTS');
}

function checkTarget(claims: Record<string, unknown>, target: RenewalTarget): void {
  const { aud } = claims;
  if (aud !== target.audience) throw proofRejected('AUDIENCE');
  requireFresh(claims, target.now);
}
