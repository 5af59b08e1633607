import { generateKeyPairSync, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import type { KeyAlgorithm } from '../../../src/kernel/key-algorithm.js';
import type {
  CertificateAuthority,
  CertificateOrder,
} from '../../../src/features/certificates/x509/certificate-authority.js';
import { type DerValue, parseDer } from '../../../src/features/certificates/x509/der.js';
import { openAuthority } from '../../../src/features/certificates/x509/issuing-authority.js';
import {
  issuingCertificate,
  rootCertificate,
} from '../../../src/features/certificates/x509/authority-certificates.js';
import { signerFrom } from '../../../src/features/certificates/x509/signer.js';
import {
  newSoftwareKey,
  softwareKey,
} from '../../../src/features/certificates/x509/signing-key.js';
import type { Openssl } from './openssl.js';

const NOW = new Date('2026-03-01T12:00:00.400Z');
export const PKI_URL = 'http://pki.example:8080';
export const PROFILE_ID = '5f2b6f0e-1c5a-4a57-9c2b-1a2b3c4d5e6f';

export const HOLDER_KEYS = {
  'P-256': spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  'P-384': spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  'RSA-2048': spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 })),
} as const;

interface AuthorityPart {
  readonly id: string;
  readonly certificateDer: Buffer;
  readonly privateKeyPkcs8: Buffer;
}

export interface AuthorityMaterial {
  readonly root: AuthorityPart;
  readonly issuing: AuthorityPart;
}

export interface TestAuthority {
  readonly material: AuthorityMaterial;
  readonly authority: CertificateAuthority;
}

export async function newAuthority(
  keyAlgorithm: KeyAlgorithm,
  now: Date = NOW,
): Promise<TestAuthority> {
  const material = await createMaterial(keyAlgorithm, now);
  return { material, authority: open(material) };
}

async function createMaterial(keyAlgorithm: KeyAlgorithm, now: Date): Promise<AuthorityMaterial> {
  const [rootKey, issuingKey] = [
    await newSoftwareKey(keyAlgorithm),
    await newSoftwareKey(keyAlgorithm),
  ];
  const [rootId, issuingId] = [randomUUID(), randomUUID()];
  const rootDer = await rootCertificate({ id: rootId, key: softwareKey(rootKey), now });
  const root = new X509Certificate(rootDer);
  const issuingDer = await issuingCertificate(
    {
      id: rootId,
      signer: signerFrom(root, softwareKey(rootKey)),
      validTo: new Date(root.validTo),
    },
    { id: issuingId, key: softwareKey(issuingKey), now, pkiUrl: PKI_URL },
  );
  return {
    root: { id: rootId, certificateDer: rootDer, privateKeyPkcs8: rootKey },
    issuing: { id: issuingId, certificateDer: issuingDer, privateKeyPkcs8: issuingKey },
  };
}

export function open({ issuing, root }: AuthorityMaterial): CertificateAuthority {
  return openAuthority({
    ...issuing,
    key: softwareKey(issuing.privateKeyPkcs8),
    rootCertificateDer: root.certificateDer,
    pkiUrl: PKI_URL,
  });
}

export function orderOf(changes: Partial<CertificateOrder> = {}): CertificateOrder {
  return {
    kind: 'AUTHENTICATION',
    publicKeySpki: HOLDER_KEYS['P-256'],
    profileId: PROFILE_ID,
    commonName: 'Alva Lind',
    email: 'alva@example.org',
    notBefore: NOW,
    notAfter: new Date('2028-03-01T12:00:00.400Z'),
    ...changes,
  };
}

/** What `openssl verify -x509_strict` says at a time, with the chain that the authority shows. */
export function verifyWith(
  openssl: Openssl,
  leaf: string,
  check: { authority: CertificateAuthority; at?: Date; options?: readonly string[] },
): string {
  const { authority, at = NOW, options = [] } = check;
  openssl.write('leaf.pem', leaf);
  openssl.write('issuing.pem', authority.certificatePem);
  openssl.write('root.pem', authority.chainPem.at(-1) ?? '');
  const files = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', 'leaf.pem'];
  const attime = Math.floor(at.getTime() / 1000).toString();
  const answer = openssl.run('verify', '-x509_strict', '-attime', attime, ...options, ...files);
  return answer.isOk ? answer.stdout.trim() : answer.stderr;
}

/** `oid` → extension as text: `critical` or nothing, then the value in hex. Strict DER or it throws. */
export function extensionsOf(der: Buffer): Record<string, string> {
  const extensions = tbsOf(der).at(-1)?.items[0]?.items ?? [];
  return Object.fromEntries(
    extensions.map(({ items }) => [
      items[0]?.content.toString('hex') ?? '',
      (items.length === 3 ? 'critical ' : '') + (items.at(-1)?.content.toString('hex') ?? ''),
    ]),
  );
}

/** Version, serial number, algorithm, issuer, validity, subject, key, extensions. */
export function tbsOf(der: Buffer): readonly DerValue[] {
  return parseDer(der).items[0]?.items ?? [];
}

export const x509 = (pemOrDer: string | Buffer): X509Certificate => new X509Certificate(pemOrDer);

function spkiOf({ publicKey }: { publicKey: KeyObject }): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' });
}
