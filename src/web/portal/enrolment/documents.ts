import { graphql, type ResultOf } from '../../shared/graphql.js';
import { PROFILE_PARTS } from '../home/documents.js';

export const ENROLMENT = graphql(
  `
    query Enrolment($id: ID!) {
      enrolment(id: $id) {
        id
        status
        certificates
        channel
        delivery
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
        replaces {
          id
          state
          device {
            name
          }
          certificates {
            revocationReason
            recovered
          }
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

export type Enrolment = NonNullable<ResultOf<typeof ENROLMENT>['enrolment']>;
