import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { OID } from '../x509/object-identifiers.js';

/** Extended key usages by the names that RFC 5280 4.2.1.12, RFC 9336 and their vendors give them. */
const PURPOSES: Readonly<Record<string, string>> = {
  clientAuth: OID.CLIENT_AUTH,
  emailProtection: OID.EMAIL_PROTECTION,
  documentSigning: OID.DOCUMENT_SIGNING,
  ipsecIKE: '1.3.6.1.5.5.7.3.17',
  secureShellClient: '1.3.6.1.5.5.7.3.21',
  pkinitKPClientAuth: '1.3.6.1.5.2.3.4',
  smartcardLogon: '1.3.6.1.4.1.311.20.2.2',
  msDocumentSigning: '1.3.6.1.4.1.311.10.3.12',
  msEncryptingFileSystem: '1.3.6.1.4.1.311.10.3.4',
  msDocumentEncryption: '1.3.6.1.4.1.311.80.1',
  adobeAuthenticDocumentsTrust: '1.2.840.113583.1.1.5',
};

/** Those consistent with the key usage of each kind (RFC 5280 4.2.1.12): a key of one kind does not do another's work. */
const ALLOWED: Readonly<Record<CertificateKind, readonly string[]>> = {
  AUTHENTICATION: [
    'clientAuth',
    'smartcardLogon',
    'pkinitKPClientAuth',
    'ipsecIKE',
    'secureShellClient',
  ],
  SIGNATURE: [
    'documentSigning',
    'msDocumentSigning',
    'adobeAuthenticDocumentsTrust',
    'emailProtection',
  ],
  ENCRYPTION: ['emailProtection', 'msEncryptingFileSystem', 'msDocumentEncryption'],
};

/** Microsoft's and Google's, whose purposes are listed above, or are none of a holder's. */
const FOREIGN_ENTERPRISES = ['311', '11129'];

export function purposeNamesFor(kind: CertificateKind): readonly string[] {
  return ALLOWED[kind];
}

/** The object identifier of a purpose told by name; whatever else is given back as it is. */
export function purposeIdOf(nameOrId: string): string {
  return Object.hasOwn(PURPOSES, nameOrId) ? (PURPOSES[nameOrId] ?? nameOrId) : nameOrId;
}

/** The name of a purpose that has one, else its object identifier. */
export function purposeNameOf(id: string): string {
  return Object.keys(PURPOSES).find((name) => PURPOSES[name] === id) ?? id;
}

/** A purpose of the kind's own, or one that an enterprise has defined for itself. */
export function isPurposeFor(kind: CertificateKind, id: string): boolean {
  const enterprise = /^1\.3\.6\.1\.4\.1\.(\d+)\./.exec(id)?.[1];
  return (
    ALLOWED[kind].some((name) => PURPOSES[name] === id) ||
    (enterprise !== undefined && !FOREIGN_ENTERPRISES.includes(enterprise))
  );
}
