import { graphql, type ResultOf } from '../../shared/graphql.js';

export const MY_SESSIONS = graphql(`
  query MySessions {
    mySessions {
      id
      createdAt
      lastUsedAt
      address
      userAgent
      isCurrent
      evidence {
        method
        provider
        at
      }
    }
  }
`);

export const END_MY_SESSION = graphql(`
  mutation EndMySession($id: ID!) {
    endMySession(id: $id)
  }
`);

export const END_MY_OTHER_SESSIONS = graphql(`
  mutation EndMyOtherSessions {
    endMyOtherSessions
  }
`);

export const MY_METHODS = graphql(`
  query MyMethods {
    myPasskeys {
      id
      name
      createdAt
      lastUsedAt
      isBackedUp
    }
    myTotpAuthenticators {
      id
      name
      createdAt
      lastUsedAt
      isConfirmed
    }
    acceptsClientCertificates
    myClientCertificates {
      id
      subject
      issuer
      fingerprint
      notAfter
      createdAt
    }
  }
`);

export const START_PASSKEY_REGISTRATION = graphql(`
  mutation StartPasskeyRegistration {
    startPasskeyRegistration {
      id
      options
    }
  }
`);

export const FINISH_PASSKEY_REGISTRATION = graphql(`
  mutation FinishPasskeyRegistration($id: ID!, $name: String!, $response: String!) {
    finishPasskeyRegistration(id: $id, name: $name, response: $response) {
      id
    }
  }
`);

export const REMOVE_PASSKEY = graphql(`
  mutation RemovePasskey($id: ID!) {
    removePasskey(id: $id)
  }
`);

export const START_TOTP_ENROLMENT = graphql(`
  mutation StartTotpEnrolment($name: String!) {
    startTotpEnrolment(name: $name) {
      secret
      authenticator {
        id
        name
      }
      qr {
        uri
        svg
      }
    }
  }
`);

export const CONFIRM_TOTP_ENROLMENT = graphql(`
  mutation ConfirmTotpEnrolment($id: ID!, $code: String!) {
    confirmTotpEnrolment(id: $id, code: $code) {
      id
    }
  }
`);

export const REMOVE_TOTP_AUTHENTICATOR = graphql(`
  mutation RemoveTotpAuthenticator($id: ID!) {
    removeTotpAuthenticator(id: $id)
  }
`);

export const REGISTER_MY_CERTIFICATE = graphql(`
  mutation RegisterMyClientCertificate {
    registerMyClientCertificate {
      id
    }
  }
`);

export const REMOVE_MY_CERTIFICATE = graphql(`
  mutation RemoveMyClientCertificate($id: ID!) {
    removeMyClientCertificate(id: $id)
  }
`);

export type OwnSession = ResultOf<typeof MY_SESSIONS>['mySessions'][number];
type Methods = ResultOf<typeof MY_METHODS>;
export type Passkey = Methods['myPasskeys'][number];
export type TotpAuthenticator = Methods['myTotpAuthenticators'][number];
export type ClientCertificate = Methods['myClientCertificates'][number];
export type TotpEnrolment = ResultOf<typeof START_TOTP_ENROLMENT>['startTotpEnrolment'];
