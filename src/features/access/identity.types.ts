import { AUTHENTICATION_METHODS, ROLES } from '../../kernel/actor.js';
import { graphqlEnum } from './graphql-enum.types.js';

export const RoleEnum = graphqlEnum(ROLES, {
  name: 'Role',
  description: 'What a user may be beyond a holder of mobile IDs.',
  meanings: {
    USER: 'Everyone who is signed in.',
    OPERATOR: 'Looks after users, enrolments and mobile IDs.',
    ADMIN:
      'Looks after projects, roles, access rules and the audit log; may do what an operator may.',
  },
});

export const AuthenticationMethodEnum = graphqlEnum(AUTHENTICATION_METHODS, {
  name: 'AuthenticationMethod',
  description: 'A way to prove who one is.',
  meanings: {
    PASSWORD: 'User name and password.',
    EMAIL_CODE: 'A one-time code sent to the e-mail address of the user.',
    SMS_CODE: 'A one-time code sent to the mobile phone number of the user.',
    TOTP: 'A time-based one-time code of an authenticator app (RFC 6238).',
    PASSKEY: 'A passkey or security key (WebAuthn).',
    SAML: 'An assertion of a SAML 2.0 identity provider.',
    CLIENT_CERTIFICATE: 'A TLS client certificate.',
    MOBILE_ID: 'A mobile ID that the user already has.',
    CLIENT_CREDENTIALS: 'Client id and secret of an API client (OAuth 2.0).',
  },
});
