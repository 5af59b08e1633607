import { randomUUID } from 'node:crypto';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { certificateUrlOf, crlUrlOf } from './authority-urls.js';
import { OID, yearsFrom } from './certificate-profile.js';
import { parseDer } from './der.js';
import { type DistinguishedName, fitName } from './distinguished-name.js';
import * as x509 from './forge-encoder.js';
import { keyIdOf } from './key-checks.js';
import { newSerial } from './serial-number.js';
import { type Signer, signCertificate, signerOf } from './signer.js';
import { newSoftwareKey, type SigningKey, softwareKey } from './signing-key.js';

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

/** Whose certificate is to be made, and when. */
interface AuthorityOrder {
  readonly id: string;
  readonly key: SigningKey;
  readonly now: Date;
}

const DEFAULT_NAME = 'Signet Test';
const ROOT_YEARS = 20;
const ISSUING_YEARS = 10;
const PATH_LENGTH = { root: 1, issuing: 0 } as const;

/** Makes a root and, signed by it, an issuing CA, both with fresh keys of this type. URLs stand under `pkiUrl`. */
export async function createTestAuthority(order: {
  keyAlgorithm: KeyAlgorithm;
  now: Date;
  pkiUrl: string;
  name?: string;
}): Promise<AuthorityMaterial> {
  const { keyAlgorithm, now, pkiUrl, name = DEFAULT_NAME } = order;
  const [rootKey, issuingKey] = await Promise.all([
    newSoftwareKey(keyAlgorithm),
    newSoftwareKey(keyAlgorithm),
  ]);
  const root = { id: randomUUID(), key: softwareKey(rootKey), now };
  const issuing = { id: randomUUID(), key: softwareKey(issuingKey), now };
  const signer = rootSigner(root, name);
  const [rootDer, issuingDer] = await Promise.all([
    rootCertificate(signer, now),
    issuingCertificate(signer, { ...issuing, rootId: root.id, pkiUrl, name }),
  ]);
  return {
    root: { id: root.id, certificateDer: rootDer, privateKeyPkcs8: rootKey },
    issuing: { id: issuing.id, certificateDer: issuingDer, privateKeyPkcs8: issuingKey },
  };
}

function rootSigner({ id, key }: AuthorityOrder, name: string): Signer {
  const subject = x509.encodeName(authorityName(`${name} Root CA`, id));
  return signerOf(key, subject, keyIdOf(parseDer(key.spki)));
}

function rootCertificate(signer: Signer, now: Date): Promise<Buffer> {
  return signCertificate(signer, newSerial(), {
    validity: yearsFrom(now, ROOT_YEARS),
    subject: signer.name,
    spki: signer.key.spki,
    extensions: authorityExtensions('root', signer.keyId),
  });
}

/** DER of the certificate by which a root vouches for an issuing CA's key. */
export function issuingCertificate(
  root: Signer,
  order: AuthorityOrder & { rootId: string; pkiUrl: string; name?: string },
): Promise<Buffer> {
  const { id, key, now, rootId, pkiUrl, name = DEFAULT_NAME } = order;
  return signCertificate(root, newSerial(), {
    validity: yearsFrom(now, ISSUING_YEARS),
    subject: x509.encodeName(authorityName(`${name} Issuing CA`, id)),
    spki: key.spki,
    extensions: [
      ...authorityExtensions('issuing', keyIdOf(parseDer(key.spki))),
      x509.crlDistributionPoints(crlUrlOf(pkiUrl, rootId)),
      x509.authorityInfoAccess([[OID.CA_ISSUERS, certificateUrlOf(pkiUrl, rootId)]]),
      x509.certificatePolicies(OID.ANY_POLICY),
    ],
  });
}

/** No two CAs share a name, else one might be taken for the other's issuer. */
function authorityName(title: string, id: string): DistinguishedName {
  const suffix = ` ${id.slice(0, 8)}`;
  return [{ type: 'commonName', value: fitName(title, 64 - suffix.length) + suffix }];
}

function authorityExtensions(role: 'root' | 'issuing', keyId: Buffer): x509.Asn1Node[] {
  return [
    x509.basicConstraintsOfAuthority(PATH_LENGTH[role]),
    x509.keyUsage(['keyCertSign', 'cRLSign']),
    x509.subjectKeyIdentifier(keyId),
  ];
}
