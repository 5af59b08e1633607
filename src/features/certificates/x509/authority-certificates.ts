import { certificateUrlOf, crlUrlOf, ocspUrlOf } from './authority-urls.js';
import { OID } from './object-identifiers.js';
import { type Validity, yearsFrom } from './validity.js';
import { parseDer } from './der.js';
import { type DistinguishedName, fitName } from './distinguished-name.js';
import * as x509 from './certificate-encoder.js';
import type { Der } from './der-writer.js';
import { keyIdOf } from './key-checks.js';
import { newSerial } from './serial-number.js';
import { type Signer, signCertificate, signerOf } from './signer.js';
import type { SigningKey } from './signing-key.js';

/** Whose certificate is to be made, and when. */
export interface AuthorityOrder {
  /** UUID; names the authority in its CRL and certificate URLs. */
  readonly id: string;
  readonly key: SigningKey;
  readonly now: Date;
  /** First part of its name. */
  readonly name?: string;
}

export interface Root {
  readonly id: string;
  readonly signer: Signer;
  readonly validTo: Date;
}

const DEFAULT_NAME = 'Signet Test';
const ROOT_YEARS = 20;
const ISSUING_YEARS = 10;
const PATH_LENGTH = { root: 1, issuing: 0 } as const;

/** DER of a root's self-signed certificate. */
export function rootCertificate(order: AuthorityOrder): Promise<Buffer> {
  const { id, key, now, name = DEFAULT_NAME } = order;
  const subject = x509.encodeName(authorityName(`${name} Root CA`, id));
  const signer = signerOf(key, subject, keyIdOf(parseDer(key.spki)));
  return signCertificate(signer, newSerial(), {
    validity: yearsFrom(now, ROOT_YEARS),
    subject,
    spki: key.spki,
    extensions: authorityExtensions('root', signer.keyId),
  });
}

/** DER of the certificate by which a root vouches for an issuing CA. URLs stand under `pkiUrl`. */
export function issuingCertificate(
  root: Root,
  order: AuthorityOrder & { readonly pkiUrl: string },
): Promise<Buffer> {
  const { id, key, now, pkiUrl, name = DEFAULT_NAME } = order;
  return signCertificate(root.signer, newSerial(), {
    validity: within(root, yearsFrom(now, ISSUING_YEARS)),
    subject: x509.encodeName(authorityName(`${name} Issuing CA`, id)),
    spki: key.spki,
    extensions: [
      ...authorityExtensions('issuing', keyIdOf(parseDer(key.spki))),
      x509.crlDistributionPoints(crlUrlOf(pkiUrl, root.id)),
      x509.authorityInfoAccess([
        [OID.OCSP, ocspUrlOf(pkiUrl)], // RFC 5280 4.2.2.1: the responder answers for the root, too
        [OID.CA_ISSUERS, certificateUrlOf(pkiUrl, root.id)],
      ]),
      x509.certificatePolicies(OID.ANY_POLICY),
    ],
  });
}

/** Nothing outlives the root. */
function within({ validTo }: Root, { notBefore, notAfter }: Validity): Validity {
  return { notBefore, notAfter: notAfter < validTo ? notAfter : validTo };
}

/** No two CAs share a name, else one might be taken for the other's issuer. */
function authorityName(title: string, id: string): DistinguishedName {
  const suffix = ` ${id.slice(0, 8)}`;
  return [{ type: 'commonName', value: fitName(title, 64 - suffix.length) + suffix }];
}

function authorityExtensions(role: 'root' | 'issuing', keyId: Buffer): Der[] {
  return [
    x509.basicConstraintsOfAuthority(PATH_LENGTH[role]),
    x509.keyUsage(['keyCertSign', 'cRLSign']),
    x509.subjectKeyIdentifier(keyId),
  ];
}
