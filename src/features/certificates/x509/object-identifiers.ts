export const OID = {
  COMMON_NAME: '2.5.4.3',
  SERIAL_NUMBER: '2.5.4.5',
  COUNTRY: '2.5.4.6',
  ORGANIZATION: '2.5.4.10',
  ORGANIZATIONAL_UNIT: '2.5.4.11',
  /** PKCS #9 (RFC 2985 5.2.1) */
  EMAIL_ADDRESS: '1.2.840.113549.1.9.1',
  SUBJECT_KEY_IDENTIFIER: '2.5.29.14',
  KEY_USAGE: '2.5.29.15',
  SUBJECT_ALT_NAME: '2.5.29.17',
  BASIC_CONSTRAINTS: '2.5.29.19',
  CRL_DISTRIBUTION_POINTS: '2.5.29.31',
  CERTIFICATE_POLICIES: '2.5.29.32',
  AUTHORITY_KEY_IDENTIFIER: '2.5.29.35',
  EXTENDED_KEY_USAGE: '2.5.29.37',
  AUTHORITY_INFO_ACCESS: '1.3.6.1.5.5.7.1.1',
  CLIENT_AUTH: '1.3.6.1.5.5.7.3.2',
  EMAIL_PROTECTION: '1.3.6.1.5.5.7.3.4',
  /** RFC 9336 */
  DOCUMENT_SIGNING: '1.3.6.1.5.5.7.3.36',
  OCSP_SIGNING: '1.3.6.1.5.5.7.3.9',
  OCSP: '1.3.6.1.5.5.7.48.1',
  /** RFC 6960 4.2.2.2.1 */
  OCSP_NO_CHECK: '1.3.6.1.5.5.7.48.1.5',
  CA_ISSUERS: '1.3.6.1.5.5.7.48.2',
  /** RFC 9598 3 */
  SMTP_UTF8_MAILBOX: '1.3.6.1.5.5.7.8.9',
  /** Microsoft's, a user's name at a domain */
  USER_PRINCIPAL_NAME: '1.3.6.1.4.1.311.20.2.3',
  ANY_POLICY: '2.5.29.32.0',
  /** Under the private enterprise number that RFC 5612 sets aside for examples: a test CA promises nothing. */
  TEST_POLICY: '1.3.6.1.4.1.32473.2.1',
} as const;
