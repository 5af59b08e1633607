import { createPublicKey, verify } from 'node:crypto';
import type { DerValue } from '../../../src/features/certificates/x509/der';
import { rulesOf, unless } from './rule';
import type { ReadCertificate, SignedParts } from './structure';

export interface Signed {
  readonly signed: SignedParts;
  /** The AlgorithmIdentifier within what is signed, where there is one. */
  readonly innerAlgorithm: DerValue | undefined;
  readonly signer: ReadCertificate;
}

/** Whole AlgorithmIdentifiers: RSA with NULL, ECDSA without parameters. */
const ALGORITHMS: ReadonlyMap<string, { type: 'rsa' | 'ec'; hash: string }> = new Map([
  ['300d06092a864886f70d01010b0500', { type: 'rsa', hash: 'sha256' }],
  ['300d06092a864886f70d01010c0500', { type: 'rsa', hash: 'sha384' }],
  ['300d06092a864886f70d01010d0500', { type: 'rsa', hash: 'sha512' }],
  ['300a06082a8648ce3d040302', { type: 'ec', hash: 'sha256' }],
  ['300a06082a8648ce3d040303', { type: 'ec', hash: 'sha384' }],
  ['300a06082a8648ce3d040304', { type: 'ec', hash: 'sha512' }],
]);

/** What is asked of every signature. */
export const SIGNATURE_RULES = rulesOf<Signed>([
  {
    name: 'signature_algorithms_match',
    source: 'RFC 5280 4.1.1.2 and 5.1.1.2; zlint e_cert_sig_alg_not_match_tbs_sig_alg',
    problem: ({ signed, innerAlgorithm }) =>
      unless(
        innerAlgorithm === undefined ||
          innerAlgorithm.encoded.equals(signed.outerAlgorithm.encoded),
        'The algorithm inside is another one.',
      ),
  },
  {
    name: 'signature_algorithm_known',
    source: 'RFC 4055 5, RFC 5758 3.2; pkilint algorithm encodings',
    problem: ({ signed }) =>
      unless(algorithmOf(signed) !== undefined, 'Not SHA-2 in its one encoding.'),
  },
  {
    name: 'signature_algorithm_fits_key',
    source: 'RFC 5280 4.1.1.2; pkilint',
    problem: ({ signed, signer }) =>
      unless(
        algorithmOf(signed)?.type === keyOf(signer).asymmetricKeyType,
        'The key is of another type.',
      ),
  },
  {
    name: 'signature_verifies',
    source: 'RFC 5280 6.1.3 (a)(1)',
    problem: ({ signed, signer }) =>
      unless(
        verify(algorithmOf(signed)?.hash, signed.tbs.encoded, keyOf(signer), signed.signature),
        'It does not verify.',
      ),
  },
]);

function algorithmOf({ outerAlgorithm }: SignedParts): { type: string; hash: string } | undefined {
  return ALGORITHMS.get(outerAlgorithm.encoded.toString('hex'));
}

function keyOf({ spki }: ReadCertificate): ReturnType<typeof createPublicKey> {
  return createPublicKey({ key: spki.encoded, format: 'der', type: 'spki' });
}
