import { CERTIFICATE_KINDS } from '../../kernel/certificate-kind.js';
import { graphqlEnum } from '../access/graphql-enum.types.js';

export const CertificateKindEnum = graphqlEnum(CERTIFICATE_KINDS, {
  name: 'CertificateKind',
  description: 'What a certificate of a mobile ID is for.',
  meanings: {
    AUTHENTICATION: 'To sign in. The key is made on the phone.',
    SIGNATURE: 'To sign documents. The key is made on the phone.',
    ENCRYPTION: 'To receive what is encrypted for its holder.',
  },
});
