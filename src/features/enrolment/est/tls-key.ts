import { X509Certificate, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { ShownCertificate } from '../../../kernel/actor.js';
import { proofRejected } from '../../../kernel/phone-proof.js';
import { textProblem } from '../../../kernel/text.js';
import type { DeviceDescription } from '../../profiles/device.service.js';

const MAX_TEXT = 100;
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1']);
const RSA_BITS = { min: 2048, max: 8192 } as const;

/** What a connection shows: any certificate will do, as its key alone counts. @throws DomainError DEVICE_PROOF_REJECTED */
export function readShown(shown: ShownCertificate): X509Certificate {
  try {
    const certificate = new X509Certificate(shown.der);
    if (certificate.raw.equals(shown.der)) return certificate;
  } catch (cause) {
    throw proofRejected('FORM', cause);
  }
  throw proofRejected('FORM');
}

/**
 * What a device is known by: the thumbprint of its TLS key (RFC 7638, base64url).
 * @throws DomainError DEVICE_PROOF_REJECTED where the key is of a kind that is not relied on
 */
export async function tlsKeyThumbprint(shown: ShownCertificate): Promise<string> {
  const publicKey = publicKeyOf(readShown(shown));
  if (!isStrong(publicKey)) throw proofRejected('KEY');
  return calculateJwkThumbprint(publicKey.export({ format: 'jwk' }), 'sha256');
}

/** How the device is shown to who watches: by the name in its certificate, where people can read it. */
export function describeDevice(
  shown: ShownCertificate | null,
  userAgent: string | null,
): DeviceDescription {
  const subject = shown === null ? '' : (readShown(shown).subject as string | undefined);
  const [, name] = /^CN=(.+)$/m.exec(subject ?? '') ?? [];
  return {
    name: legible(name) ?? 'EST client',
    platform: legible(userAgent?.slice(0, MAX_TEXT)) ?? 'EST',
    model: null,
  };
}

function legible(text: string | undefined): string | undefined {
  const isLegible = text !== undefined && textProblem(text, { max: MAX_TEXT }) === undefined;
  return isLegible ? text : undefined;
}

/** Of a kind that OpenSSL does not know there is none. */
function publicKeyOf(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch (cause) {
    throw proofRejected('KEY', cause);
  }
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'ec') return CURVES.has(namedCurve);
  if (asymmetricKeyType !== 'rsa') return asymmetricKeyType === 'ed25519';
  return RSA_BITS.min <= modulusLength && modulusLength <= RSA_BITS.max;
}
