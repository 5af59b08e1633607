/** What a mobile ID's certificates are for (design: one key pair each). */
export const CERTIFICATE_KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];
