import { DerError, type DerValue, exactItemsOf, expectTag, itemsOf, parseDer, TAG } from './der.js';

/** Which certificate is asked about (RFC 6960 4.1.1). */
export interface CertificateQuestion {
  /** The whole CertID, which the answer repeats. */
  readonly encoded: Buffer;
  /** Content of the OBJECT IDENTIFIER of the hash, hexadecimal. */
  readonly hashOid: string;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** As certificates are stored: hexadecimal, upper case, whole octets; null for a number that no certificate has. */
  readonly serialNumber: string | null;
}

export interface OcspRequest {
  readonly questions: readonly CertificateQuestion[];
  /** What the Nonce extension holds, without its OCTET STRING. */
  readonly nonce: Buffer | null;
}

const MAX_REQUEST_OCTETS = 16_384;
const MAX_QUESTIONS = 100;

/** id-pkix-ocsp-nonce */
const NONCE_OID = '2b0601050507300102';
/** RFC 9654 2.1 */
const MAX_NONCE_OCTETS = 128;
const CONTEXT_1 = 0xa1;
const CONTEXT_2 = 0xa2;
const BOOLEAN = 0x01;
const NULL = 0x05;
const VERSION_1 = Buffer.of(0);
/** RFC 5280 4.1.2.2 */
const MAX_SERIAL_OCTETS = 20;

/**
 * Reads an OCSPRequest of RFC 6960 4.1 in strict DER. A signature and a requestor's name are passed over: everybody is answered.
 * @throws DerError for anything else, for more questions than are answered at once, and for critical extensions
 */
export function readOcspRequest(der: Buffer): OcspRequest {
  if (der.length > MAX_REQUEST_OCTETS) throw new DerError('request too long');
  const [tbs, signature, ...others] = itemsOf(parseDer(der), TAG.SEQUENCE);
  if (signature !== undefined) exactItemsOf(signature, TAG.CONTEXT_0, 1);
  if (others.length > 0) throw new DerError('wrong number of parts');
  const parts = [...itemsOf(tbs, TAG.SEQUENCE)];
  const version = takeTagged(parts, TAG.CONTEXT_0);
  if (version !== undefined && !expectTag(version, TAG.INTEGER).content.equals(VERSION_1)) {
    throw new DerError('another version');
  }
  takeTagged(parts, CONTEXT_1);
  const questions = itemsOf(parts.shift(), TAG.SEQUENCE);
  const extensions = takeTagged(parts, CONTEXT_2);
  if (parts.length > 0) throw new DerError('wrong number of parts');
  if (questions.length === 0 || questions.length > MAX_QUESTIONS) {
    throw new DerError('wrong number of questions');
  }
  return { questions: questions.map(readQuestion), nonce: readNonce(extensions) };
}

/** The value within the next part, where that carries this tag. */
function takeTagged(parts: DerValue[], tag: number): DerValue | undefined {
  if (parts[0]?.tag !== tag) return undefined;
  return exactItemsOf(parts.shift(), tag, 1)[0];
}

function readQuestion(request: DerValue): CertificateQuestion {
  const parts = [...itemsOf(request, TAG.SEQUENCE)];
  const id = expectTag(parts.shift(), TAG.SEQUENCE);
  readExtensions(takeTagged(parts, TAG.CONTEXT_0));
  if (parts.length > 0) throw new DerError('wrong number of parts');
  const [algorithm, nameHash, keyHash, serial] = exactItemsOf(id, TAG.SEQUENCE, 4);
  return {
    encoded: id.encoded,
    hashOid: hashOidOf(algorithm),
    issuerNameHash: expectTag(nameHash, TAG.OCTET_STRING).content,
    issuerKeyHash: expectTag(keyHash, TAG.OCTET_STRING).content,
    serialNumber: serialOf(expectTag(serial, TAG.INTEGER).content),
  };
}

/** Without parameters, or with NULL: whatever else stood there would make endless CertIDs of one certificate. */
function hashOidOf(algorithm: DerValue | undefined): string {
  const [oid, parameters, ...others] = itemsOf(algorithm, TAG.SEQUENCE);
  if (parameters !== undefined) expectTag(parameters, NULL);
  if (others.length > 0) throw new DerError('wrong number of parts');
  return expectTag(oid, TAG.OID).content.toString('hex');
}

function serialOf(content: Buffer): string | null {
  if (content.readUInt8(0) >= 0x80 || content.length > MAX_SERIAL_OCTETS) return null;
  return content
    .toString('hex')
    .replace(/^00(?=.)/, '')
    .toUpperCase();
}

/** RFC 9654 2.1: a responder must refuse an empty nonce, and one beyond 128 octets. */
function readNonce(extensions: DerValue | undefined): Buffer | null {
  const value = readExtensions(extensions).get(NONCE_OID);
  if (value === undefined) return null;
  const nonce = expectTag(parseDer(value), TAG.OCTET_STRING).content;
  if (nonce.length === 0 || nonce.length > MAX_NONCE_OCTETS) throw new DerError('nonce of no use');
  return nonce;
}

/** Values by object identifier. RFC 6960 4.4: what is not known may be passed over unless it is critical. */
function readExtensions(extensions: DerValue | undefined): ReadonlyMap<string, Buffer> {
  const values = new Map<string, Buffer>();
  if (extensions === undefined) return values;
  const items = itemsOf(extensions, TAG.SEQUENCE);
  if (items.length === 0) throw new DerError('no extensions');
  for (const extension of items) {
    const { oid, value, isCritical } = readExtension(extension);
    if (values.has(oid)) throw new DerError('extension given twice');
    if (isCritical && oid !== NONCE_OID) throw new DerError('critical extension');
    values.set(oid, value);
  }
  return values;
}

function readExtension(extension: DerValue): { oid: string; value: Buffer; isCritical: boolean } {
  const parts = [...itemsOf(extension, TAG.SEQUENCE)];
  const oid = expectTag(parts.shift(), TAG.OID).content.toString('hex');
  const critical = parts[0]?.tag === BOOLEAN ? parts.shift() : undefined;
  if (parts.length !== 1) throw new DerError('extension of another form');
  const value = expectTag(parts[0], TAG.OCTET_STRING).content;
  return { oid, value, isCritical: critical?.content[0] === 0xff };
}
