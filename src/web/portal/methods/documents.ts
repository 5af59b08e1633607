import { graphql, type ResultOf } from '../../shared/graphql.js';

export const SIGN_IN = graphql(`
  mutation SignInWithPassword($username: String!, $password: String!) {
    signInWithPassword(username: $username, password: $password) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export const SEND_EMAIL_CODE = graphql(`
  mutation SendEmailCode {
    sendEmailCode
  }
`);

export const VERIFY_EMAIL_CODE = graphql(`
  mutation VerifyEmailCode($code: String!) {
    verifyEmailCode(code: $code) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export const SEND_SMS_CODE = graphql(`
  mutation SendSmsCode {
    sendSmsCode
  }
`);

export const VERIFY_SMS_CODE = graphql(`
  mutation VerifySmsCode($code: String!) {
    verifySmsCode(code: $code) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export const VERIFY_TOTP = graphql(`
  mutation VerifyTotp($code: String!) {
    verifyTotp(code: $code) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export const START_PASSKEY_SIGN_IN = graphql(`
  mutation StartPasskeySignIn {
    startPasskeySignIn {
      id
      options
      expiresAt
    }
  }
`);

export const FINISH_PASSKEY_SIGN_IN = graphql(`
  mutation FinishPasskeySignIn($id: ID!, $response: String!) {
    finishPasskeySignIn(id: $id, response: $response) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export const SIGN_IN_WITH_CERTIFICATE = graphql(`
  mutation SignInWithClientCertificate {
    signInWithClientCertificate {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export const START_MOBILE_ID_PROOF = graphql(`
  mutation StartMobileIdProof {
    startMobileIdProof {
      id
      number
      state
      expiresAt
      qr {
        uri
        svg
      }
    }
  }
`);

export const MOBILE_ID_PROOF = graphql(`
  subscription MobileIdProof($id: ID!) {
    mobileIdProof(id: $id) {
      state
      deviceName
    }
  }
`);

export const FINISH_MOBILE_ID_PROOF = graphql(`
  mutation FinishMobileIdProof($id: ID!) {
    finishMobileIdProof(id: $id) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);

export type MobileIdProof = ResultOf<typeof START_MOBILE_ID_PROOF>['startMobileIdProof'];
export type MobileIdProofEvent = ResultOf<typeof MOBILE_ID_PROOF>['mobileIdProof'];
