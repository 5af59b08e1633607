import { graphql, type ResultOf } from '../shared/graphql.js';

export const VIEWER = graphql(`
  query Viewer {
    viewer {
      user {
        id
        username
        displayName
        email
        phone
      }
      evidence {
        method
        provider
      }
    }
  }
`);

export const SIGN_IN_OPTIONS = graphql(`
  query SignInOptions($returnTo: String) {
    signInOptions(returnTo: $returnTo) {
      method
      provider
      label
      url
    }
  }
`);

export const SIGN_OUT = graphql(`
  mutation SignOut {
    signOut
  }
`);

export const OFFERS = graphql(`
  query Offers {
    mobileIdOffers {
      projectId
      name
      defaultCertificates
      selectableCertificates
      channels
      validityDays
      instructions
      access {
        outcome
        missing {
          anyOf {
            method
            provider
            maxAgeSeconds
            reason
            option {
              method
              provider
              label
              url
            }
          }
        }
      }
      pendingEnrolment {
        id
        status
        channel
      }
    }
  }
`);

const PROFILE_PARTS = graphql(`
  fragment ProfileParts on MobileIdProfile @_unmask {
    id
    name
    accountName
    serverName
    state
    validFrom
    validTo
    device {
      name
      platform
    }
    certificates {
      id
      kind
      status
      serialNumber
      notAfter
    }
  }
`);

export const MY_PROFILES = graphql(
  `
    query MyProfiles {
      myProfiles {
        ...ProfileParts
      }
    }
  `,
  [PROFILE_PARTS],
);

export const START_ENROLMENT = graphql(`
  mutation StartEnrolment($input: StartEnrolmentInput!) {
    startEnrolment(input: $input) {
      enrolment {
        id
      }
    }
  }
`);

export const ENROLMENT = graphql(
  `
    query Enrolment($id: ID!) {
      enrolment(id: $id) {
        id
        status
        certificates
        channel
        codeExpiresAt
        expiresAt
        project {
          id
          name
        }
        qr {
          uri
          svg
        }
        device {
          name
          platform
        }
        profile {
          ...ProfileParts
        }
        failure {
          code
          message
        }
        events {
          cursor
          status
          at
        }
      }
    }
  `,
  [PROFILE_PARTS],
);

export const CONFIRM_DEVICE = graphql(`
  mutation ConfirmDevice($id: ID!, $code: String!) {
    confirmDevice(id: $id, code: $code) {
      id
      status
    }
  }
`);

export const CANCEL_ENROLMENT = graphql(`
  mutation CancelEnrolment($id: ID!) {
    cancelEnrolment(id: $id) {
      id
      status
    }
  }
`);

export const RENEW_CODE = graphql(`
  mutation RenewEnrolmentCode($id: ID!) {
    renewEnrolmentCode(id: $id) {
      id
      status
    }
  }
`);

type Viewer = NonNullable<ResultOf<typeof VIEWER>['viewer']>;
export type PortalUser = NonNullable<Viewer['user']>;
export type Method = Viewer['evidence'][number]['method'];
export type Offer = ResultOf<typeof OFFERS>['mobileIdOffers'][number];
export type Profile = ResultOf<typeof MY_PROFILES>['myProfiles'][number];
export type Enrolment = NonNullable<ResultOf<typeof ENROLMENT>['enrolment']>;
