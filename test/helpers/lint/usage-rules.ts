import {
  type DerValue,
  exactItemsOf,
  octetsOfBitString,
  parseDer,
  positiveInteger,
  TAG,
} from '../../../src/features/certificates/x509/der';
import type { Issued } from './certificate-rules';
import { hasDuplicates, rulesOf, unless } from './rule';
import {
  extensionOf,
  ID,
  isAuthority,
  isCritical,
  keyUsagesOf,
  purposesOf,
  type ReadCertificate,
} from './structure';

const SIGNING = ['digitalSignature', 'nonRepudiation'];
/** RFC 5280 4.2.1.12, RFC 6960 4.2.2.2, RFC 9336 3.1: with which key usages a purpose is consistent. */
const CONSISTENT: Readonly<Record<string, readonly string[]>> = {
  [ID.clientAuth]: ['digitalSignature', 'keyAgreement'],
  [ID.emailProtection]: [...SIGNING, 'keyEncipherment', 'keyAgreement'],
  [ID.ocspSigning]: SIGNING,
  [ID.documentSigning]: SIGNING,
};
const RSA_ENCRYPTION = '06092a864886f70d0101010500';
const CURVES: ReadonlyMap<string, number> = new Map([
  ['06072a8648ce3d020106082a8648ce3d030107', 32],
  ['06072a8648ce3d020106052b81040022', 48],
]);

/** Keys, and what they may be used for. */
export const USAGE_RULES = rulesOf<Issued>([
  {
    name: 'public_key_encoding',
    source:
      'RFC 3279 2.3.1, RFC 5480 2; pkilint, zlint e_rsa_public_exponent_not_odd, w_rsa_public_exponent_not_in_range',
    problem: ({ certificate }) => keyProblem(certificate.spki),
  },
  {
    name: 'key_usage_critical',
    source: 'RFC 5280 4.2.1.3; zlint w_ext_key_usage_not_critical, e_ca_key_usage_missing',
    problem: ({ certificate }) =>
      unless(isCritical(extensionOf(certificate, ID.keyUsage)), 'It is missing, or not critical.'),
  },
  {
    name: 'key_usage_not_empty',
    source: 'RFC 5280 4.2.1.3; zlint e_ext_key_usage_without_bits',
    problem: ({ certificate }) => unless(keyUsagesOf(certificate).length > 0, 'No bit is set.'),
  },
  {
    name: 'key_usage_minimal',
    source: 'X.690 11.2.2; zlint e_key_usage_incorrect_length',
    problem: ({ certificate }) => {
      const { content = Buffer.alloc(0) } = extensionOf(certificate, ID.keyUsage)?.value ?? {};
      const unused = content[0] ?? 0;
      const last = content.at(-1) ?? 0;
      const isMinimal = content.length > 1 && content.length <= 3 && ((last >> unused) & 1) === 1;
      return unless(isMinimal, 'Zero bits trail.');
    },
  },
  {
    name: 'key_usage_fits_key',
    source: 'RFC 8813 3, RFC 5480 3, RFC 3279 2.3.1; zlint e_ecdsa_ee_invalid_ku',
    problem: ({ certificate }) => {
      const usages = keyUsagesOf(certificate);
      const foreign = isRsa(certificate)
        ? ['keyAgreement', 'encipherOnly', 'decipherOnly']
        : ['keyEncipherment', 'dataEncipherment'];
      return unless(!usages.some((usage) => foreign.includes(usage)), usages.join(' '));
    },
  },
  {
    name: 'key_usage_only_with_agreement',
    source: 'RFC 5280 4.2.1.3',
    problem: ({ certificate }) => {
      const usages = keyUsagesOf(certificate);
      const isOnly = usages.includes('encipherOnly') || usages.includes('decipherOnly');
      return unless(!isOnly || usages.includes('keyAgreement'), usages.join(' '));
    },
  },
  {
    name: 'extended_key_usage_listed',
    source: 'RFC 5280 4.2.1.12 (SIZE (1..MAX)); pkilint',
    problem: ({ certificate }) => {
      const extension = extensionOf(certificate, ID.extKeyUsage);
      if (extension === undefined) return undefined;
      const purposes = purposesOf(certificate);
      return unless(purposes.length > 0 && !hasDuplicates(purposes), 'Empty, or one stands twice.');
    },
  },
  {
    name: 'extended_key_usage_not_any',
    source: 'RFC 5280 4.2.1.12; zlint w_eku_critical_improperly',
    problem: ({ certificate }) =>
      unless(!purposesOf(certificate).includes(ID.anyExtendedKeyUsage), 'It is for anything.'),
  },
  {
    name: 'extended_key_usage_consistent',
    source: 'RFC 5280 4.2.1.12; zlint e_key_usage_and_extended_key_usage_inconsistent',
    problem: ({ certificate }) => {
      const usages = keyUsagesOf(certificate);
      const bad = purposesOf(certificate).find((id) => {
        const fitting = CONSISTENT[id];
        return fitting !== undefined && !usages.some((usage) => fitting.includes(usage));
      });
      return bad && `${bad} with ${usages.join(' ')}`;
    },
  },
  {
    name: 'holder_has_purpose',
    source: 'RFC 5280 4.2.1.12: without it a key may be used for all; RFC 9336 1',
    problem: ({ certificate }) => {
      const isForKeys = keyUsagesOf(certificate).some((usage) => !SIGNING.includes(usage));
      return unless(
        isAuthority(certificate) || isForKeys || purposesOf(certificate).length > 0,
        'A key that signs is for all purposes.',
      );
    },
  },
  {
    name: 'ocsp_responder_no_check',
    source: 'RFC 6960 4.2.2.2.1; zlint e_ocsp_id_pkix_ocsp_nocheck_ext_not_included_server_auth',
    problem: ({ certificate }) => {
      const value = extensionOf(certificate, ID.noCheck)?.value.encoded.toString('hex');
      const isResponder = purposesOf(certificate).includes(ID.ocspSigning);
      return unless(
        value === (isResponder ? '0500' : undefined),
        'ocsp-nocheck and OCSPSigning go together.',
      );
    },
  },
]);

function isRsa({ spki }: ReadCertificate): boolean {
  return spki.items[0]?.content.toString('hex') === RSA_ENCRYPTION;
}

function keyProblem(spki: DerValue): string | undefined {
  const [algorithm, bits] = exactItemsOf(spki, TAG.SEQUENCE, 2);
  const key = octetsOfBitString(bits);
  const id = algorithm?.content.toString('hex') ?? '';
  const fieldOctets = CURVES.get(id);
  if (fieldOctets !== undefined) {
    return unless(
      key[0] === 4 && key.length === 1 + 2 * fieldOctets,
      'The point is not uncompressed.',
    );
  }
  return id === RSA_ENCRYPTION
    ? rsaProblem(key)
    : 'The algorithm is unknown, or its parameters are others.';
}

function rsaProblem(key: Buffer): string | undefined {
  const [modulus, exponent] = exactItemsOf(parseDer(key), TAG.SEQUENCE, 2).map(positiveInteger);
  if (modulus === undefined || exponent === undefined) return 'It has no parts.';
  const e = BigInt(`0x${exponent.toString('hex')}`);
  const isFit = modulus.length >= 256 && e % 2n === 1n && e >= 65_537n;
  return unless(isFit, 'The modulus is short, or the exponent even or small.');
}
