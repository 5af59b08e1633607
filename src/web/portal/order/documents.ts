import { graphql, type ResultOf } from '../../shared/graphql.js';

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
      recoverableCertificates {
        id
        status
        serialNumber
        notBefore
        notAfter
      }
      pendingEnrolment {
        id
        status
        channel
      }
    }
  }
`);

export const START_ENROLMENT = graphql(`
  mutation StartEnrolment($input: StartEnrolmentInput!) {
    startEnrolment(input: $input) {
      enrolment {
        id
      }
    }
  }
`);

export type Offer = ResultOf<typeof OFFERS>['mobileIdOffers'][number];
