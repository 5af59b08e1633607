import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
  X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import type {
  CertificateAuthority,
  CertificateOrder,
  IssuedCertificate,
} from './certificate-authority.js';
import {
  extendedKeyUsageOf,
  keyUsageOf,
  OID,
  type Validity,
  validityWithin,
  yearsFrom,
} from './certificate-profile.js';
import { type DerValue, exactItemsOf, expectTag, itemsOf, parseDer, TAG } from './der.js';
import {
  type DistinguishedName,
  fitName,
  formatName,
  holderName,
  mailboxOf,
  readName,
} from './distinguished-name.js';
import * as x509 from './forge-encoder.js';
import { acceptedKeyAlgorithm, type PublicKeyAlgorithm, keyIdOf } from './key-checks.js';
import { pemOf } from './pem.js';

/** In the clear: the caller seals the private key before it stores it. */
export interface AuthorityPart {
  /** UUID; names the issuer in its CRL and certificate URLs. */
  readonly id: string;
  readonly certificateDer: Buffer;
  readonly privateKeyPkcs8: Buffer;
}

export interface AuthorityMaterial {
  readonly root: AuthorityPart;
  readonly issuing: AuthorityPart;
}

/** Whoever signs: encoded once, used for each certificate. */
interface Signer {
  readonly key: KeyObject;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly hash: 'sha256' | 'sha384';
  readonly signatureAlgorithm: x509.Asn1Node;
  readonly name: x509.Asn1Node;
  readonly authorityKeyIdentifier: x509.Asn1Node;
}

interface KeyPair {
  readonly key: KeyObject;
  readonly spki: Buffer;
}

type Draft = Pick<x509.CertificateFields, 'validity' | 'subject' | 'spki' | 'extensions'>;

const ROOT_YEARS = 20;
const ISSUING_YEARS = 10;
const SERIAL_OCTETS = 16;
const SUBJECT_KEY_IDENTIFIER_OID = '551d0e';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PATH_LENGTH = { root: 1, issuing: 0 } as const;
const generateKeys = promisify(generateKeyPair);
const signOffThread = promisify(sign);

/** Makes a root and, signed by it, an issuing CA, both with fresh keys of this type. URLs stand under `pkiUrl`. */
export async function createTestAuthority(order: {
  keyAlgorithm: KeyAlgorithm;
  now: Date;
  pkiUrl: string;
  name?: string;
}): Promise<AuthorityMaterial> {
  const { keyAlgorithm, now, pkiUrl, name = 'Signet Test' } = order;
  const [rootKeys, issuingKeys] = await Promise.all([newKeys(keyAlgorithm), newKeys(keyAlgorithm)]);
  const rootId = randomUUID();
  const issuingId = randomUUID();
  const rootName = x509.encodeName(authorityName(`${name} Root CA`, rootId));
  const signer = signerOf(rootKeys, rootName, keyIdOf(parseDer(rootKeys.spki)));
  const root = await signCertificate(signer, newSerial(), {
    validity: yearsFrom(now, ROOT_YEARS),
    subject: rootName,
    spki: rootKeys.spki,
    extensions: authorityExtensions('root', rootKeys.spki),
  });
  const issuing = await signCertificate(signer, newSerial(), {
    validity: yearsFrom(now, ISSUING_YEARS),
    subject: x509.encodeName(authorityName(`${name} Issuing CA`, issuingId)),
    spki: issuingKeys.spki,
    extensions: [
      ...authorityExtensions('issuing', issuingKeys.spki),
      x509.crlDistributionPoints(crlUrlOf(pkiUrl, rootId)),
      x509.authorityInfoAccess([[OID.CA_ISSUERS, certificateUrlOf(pkiUrl, rootId)]]),
      x509.certificatePolicies(OID.ANY_POLICY),
    ],
  });
  return {
    root: materialOf(rootId, root, rootKeys),
    issuing: materialOf(issuingId, issuing, issuingKeys),
  };
}

/** Puts a CA that `createTestAuthority` made into service. @throws Error if its parts do not belong together */
export function openTestAuthority(material: {
  issuing: AuthorityPart;
  rootCertificateDer: Buffer;
  pkiUrl: string;
}): CertificateAuthority {
  const { issuing, rootCertificateDer, pkiUrl } = material;
  const certificate = new X509Certificate(issuing.certificateDer);
  const root = new X509Certificate(rootCertificateDer);
  const key = createPrivateKey({ key: issuing.privateKeyPkcs8, format: 'der', type: 'pkcs8' });
  if (!certificate.checkPrivateKey(key)) throw new Error('The issuing CA has another key.');
  if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey)) {
    throw new Error('The issuing CA has another root.');
  }
  return new ForgeAuthority(issuing.id, key, { certificate, root, pkiUrl });
}

class ForgeAuthority implements CertificateAuthority {
  readonly subject: string;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly certificatePem: string;
  readonly chainPem: readonly string[];
  readonly fingerprint: string;
  readonly validTo: Date;
  readonly crlUrl: string;
  readonly ocspUrl: string;
  private readonly signer: Signer;
  private readonly validity: Validity;
  private readonly commonExtensions: readonly x509.Asn1Node[];

  constructor(
    readonly issuerId: string,
    key: KeyObject,
    from: { certificate: X509Certificate; root: X509Certificate; pkiUrl: string },
  ) {
    const { certificate, root, pkiUrl } = from;
    const { name, spki, keyId } = readIssuer(certificate.raw);
    this.signer = signerOf({ key, spki }, x509.finished(name.encoded), keyId);
    this.validity = {
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
    };
    this.subject = formatName(readName(name));
    this.keyAlgorithm = this.signer.keyAlgorithm;
    this.certificatePem = pemOf(certificate.raw);
    this.chainPem = [this.certificatePem, pemOf(root.raw)];
    this.fingerprint = certificate.fingerprint256;
    this.validTo = new Date(certificate.validTo);
    this.crlUrl = crlUrlOf(pkiUrl, issuerId);
    this.ocspUrl = `${pkiUrl}/pki/ocsp`;
    this.commonExtensions = [
      x509.crlDistributionPoints(this.crlUrl),
      x509.authorityInfoAccess([
        [OID.OCSP, this.ocspUrl],
        [OID.CA_ISSUERS, certificateUrlOf(pkiUrl, issuerId)],
      ]),
      x509.certificatePolicies(OID.TEST_POLICY),
    ];
  }

  async issue(order: CertificateOrder): Promise<IssuedCertificate> {
    if (!UUID.test(order.profileId)) throw new TypeError('profileId is not a UUID');
    const serial = newSerial();
    const subject = holderName(order.commonName, order.profileId);
    const validity = validityWithin(this.validity, order);
    const der = await signCertificate(this.signer, serial, {
      validity,
      subject: x509.encodeName(subject),
      spki: order.publicKeySpki,
      extensions: [...holderExtensions(order), ...this.commonExtensions],
    });
    return {
      serialNumber: serial.toString('hex').replace(/^00/, '').toUpperCase(),
      der,
      pem: pemOf(der),
      subject: formatName(subject),
      issuer: this.subject,
      ...validity,
      fingerprint: fingerprintOf(der),
    };
  }
}

/** Content octets of a positive INTEGER, minimal (X.690 8.3.2). */
export function serialFrom(random: Buffer): Buffer {
  const firstUsed = random.findIndex((octet) => octet !== 0);
  if (firstUsed === -1) throw new RangeError('A serial number is never zero.');
  const magnitude = random.subarray(firstUsed);
  return magnitude.readUInt8(0) < 0x80 ? magnitude : Buffer.concat([Buffer.of(0), magnitude]);
}

// RFC 5280 4.1.2.2
function newSerial(): Buffer {
  return serialFrom(randomBytes(SERIAL_OCTETS));
}

async function signCertificate(signer: Signer, serial: Buffer, draft: Draft): Promise<Buffer> {
  const { signatureAlgorithm, name: issuer } = signer;
  const tbs = x509.encodeTbsCertificate({
    ...draft,
    serial,
    signatureAlgorithm,
    issuer,
    extensions: [...draft.extensions, signer.authorityKeyIdentifier],
  });
  const signature = await signOffThread(signer.hash, tbs, signer.key);
  return x509.encodeCertificate(tbs, signatureAlgorithm, signature);
}

/** RSA with NULL parameters (RFC 4055 5), ECDSA without (RFC 5758 3.2), the hash as strong as the curve. */
function signerOf({ key, spki }: KeyPair, name: x509.Asn1Node, keyId: Buffer): Signer {
  const keyAlgorithm = acceptedKeyAlgorithm(parseDer(spki));
  const algorithmHex = {
    'P-256': '300a06082a8648ce3d040302',
    'P-384': '300a06082a8648ce3d040303',
    RSA: '300d06092a864886f70d01010b0500',
  }[isCurve(keyAlgorithm) ? keyAlgorithm : 'RSA'];
  return {
    key,
    keyAlgorithm,
    hash: keyAlgorithm === 'P-384' ? 'sha384' : 'sha256',
    signatureAlgorithm: x509.finished(Buffer.from(algorithmHex, 'hex')),
    name,
    authorityKeyIdentifier: x509.authorityKeyIdentifier(keyId),
  };
}

function isCurve(keyAlgorithm: PublicKeyAlgorithm): keyAlgorithm is 'P-256' | 'P-384' {
  return keyAlgorithm.startsWith('P-');
}

async function newKeys(keyAlgorithm: KeyAlgorithm): Promise<KeyPair> {
  const { privateKey, publicKey } =
    keyAlgorithm === 'P-256' || keyAlgorithm === 'P-384'
      ? await generateKeys('ec', { namedCurve: keyAlgorithm })
      : await generateKeys('rsa', { modulusLength: Number(keyAlgorithm.slice('RSA-'.length)) });
  return { key: privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) };
}

function materialOf(id: string, certificateDer: Buffer, { key }: KeyPair): AuthorityPart {
  return { id, certificateDer, privateKeyPkcs8: key.export({ format: 'der', type: 'pkcs8' }) };
}

/** No two CAs share a name, else one might be taken for the other's issuer. */
function authorityName(title: string, id: string): DistinguishedName {
  const suffix = ` ${id.slice(0, 8)}`;
  return [{ type: 'commonName', value: fitName(title, 64 - suffix.length) + suffix }];
}

function authorityExtensions(role: 'root' | 'issuing', spki: Buffer): x509.Asn1Node[] {
  return [
    x509.basicConstraintsOfAuthority(PATH_LENGTH[role]),
    x509.keyUsage(['keyCertSign', 'cRLSign']),
    x509.subjectKeyIdentifier(keyIdOf(parseDer(spki))),
  ];
}

function holderExtensions({
  kind,
  publicKeySpki,
  profileId,
  email,
}: CertificateOrder): x509.Asn1Node[] {
  const mailbox = mailboxOf(email);
  const spki = parseDer(publicKeySpki);
  const purpose = extendedKeyUsageOf(kind, mailbox !== undefined);
  return [
    x509.keyUsage([keyUsageOf(kind, acceptedKeyAlgorithm(spki))]),
    ...(purpose === undefined ? [] : [x509.extendedKeyUsage(purpose)]),
    x509.subjectKeyIdentifier(keyIdOf(spki)),
    x509.subjectAltName(`urn:uuid:${profileId.toLowerCase()}`, mailbox),
  ];
}

function readIssuer(certificateDer: Buffer): { name: DerValue; spki: Buffer; keyId: Buffer } {
  const [tbs] = exactItemsOf(parseDer(certificateDer), TAG.SEQUENCE, 3);
  const parts = itemsOf(tbs, TAG.SEQUENCE);
  const [extensions] = exactItemsOf(parts[7], TAG.CONTEXT_3, 1);
  const identifier = itemsOf(extensions, TAG.SEQUENCE)
    .map((extension) => itemsOf(extension, TAG.SEQUENCE))
    .find(([id]) => id?.content.toString('hex') === SUBJECT_KEY_IDENTIFIER_OID);
  const value = expectTag(identifier?.at(-1), TAG.OCTET_STRING);
  return {
    name: expectTag(parts[5], TAG.SEQUENCE),
    spki: expectTag(parts[6], TAG.SEQUENCE).encoded,
    keyId: expectTag(parseDer(value.content), TAG.OCTET_STRING).content,
  };
}

function crlUrlOf(pkiUrl: string, issuerId: string): string {
  return `${pkiUrl}/pki/${issuerId}.crl`;
}

function certificateUrlOf(pkiUrl: string, issuerId: string): string {
  return `${pkiUrl}/pki/${issuerId}.cer`;
}

function fingerprintOf(der: Buffer): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase();
  return hex.replace(/..(?=.)/g, '$&:');
}
