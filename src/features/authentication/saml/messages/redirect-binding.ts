import { verify } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { SamlRefusal } from './saml-refusal.js';
import { SIGNATURE_HASHES } from './signature-value.js';
import { decodeBase64, decodeUtf8 } from './xml.js';

const MAX_INFLATED = 64 * 1024;
const NAMES = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature'];

export interface RedirectMessage {
  readonly xml: string;
  readonly relayState: string | null;
}

/**
 * A message that came in a query (SAML bindings 3.4.4.1). It counts only signed: the signature is over the query's own octets.
 * @throws SamlRefusal MALFORMED, UNSIGNED, ALGORITHM, SIGNATURE
 */
export function readRedirect(query: string, certificates: readonly string[]): RedirectMessage {
  const raw = rawParameters(query);
  const kind = raw.has('SAMLRequest') ? 'SAMLRequest' : 'SAMLResponse';
  const message = raw.get(kind);
  if (message === undefined || (raw.has('SAMLRequest') && raw.has('SAMLResponse'))) {
    throw new SamlRefusal('MALFORMED');
  }
  requireSignature(raw, kind, certificates);
  return {
    xml: inflated(decodeBase64(decoded(message))),
    relayState: decodedOrNull(raw, 'RelayState'),
  };
}

function requireSignature(
  raw: ReadonlyMap<string, string>,
  kind: string,
  certificates: readonly string[],
): void {
  const [algorithm, signature] = [decodedOrNull(raw, 'SigAlg'), decodedOrNull(raw, 'Signature')];
  if (algorithm === null || signature === null) throw new SamlRefusal('UNSIGNED');
  const hash = SIGNATURE_HASHES.get(algorithm);
  if (hash === undefined) throw new SamlRefusal('ALGORITHM');
  const signed = [kind, 'RelayState', 'SigAlg']
    .filter((name) => raw.has(name))
    .map((name) => `${name}=${raw.get(name) ?? ''}`)
    .join('&');
  const octets = decodeBase64(signature);
  const isRight = certificates.some((key) => verify(hash, Buffer.from(signed), key, octets));
  if (!isRight) throw new SamlRefusal('SIGNATURE');
}

/** As they stand, still encoded; each of the binding's own once at most. */
function rawParameters(query: string): ReadonlyMap<string, string> {
  const raw = new Map<string, string>();
  for (const part of query.split('&')) {
    const end = part.indexOf('=');
    const name = end < 0 ? part : part.slice(0, end);
    if (!NAMES.includes(name)) continue;
    if (raw.has(name)) throw new SamlRefusal('MALFORMED');
    raw.set(name, end < 0 ? '' : part.slice(end + 1));
  }
  return raw;
}

function decodedOrNull(raw: ReadonlyMap<string, string>, name: string): string | null {
  const value = raw.get(name);
  return value === undefined ? null : decoded(value);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch (cause) {
    throw new SamlRefusal('MALFORMED', { cause });
  }
}

/** A small message must not become a large one. */
function inflated(bytes: Buffer): string {
  try {
    return decodeUtf8(inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED }));
  } catch (cause) {
    throw new SamlRefusal('MALFORMED', { cause });
  }
}
