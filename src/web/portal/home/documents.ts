import { graphql, type ResultOf } from '../../shared/graphql.js';

/** All of a mobile ID but its certificates. */
const PROFILE_BASE = graphql(`
  fragment ProfileBase on MobileIdProfile @_unmask {
    id
    name
    accountName
    serverName
    state
    suspendedBy
    validFrom
    validTo
    device {
      name
      platform
    }
    project {
      id
      name
    }
  }
`);

export const PROFILE_PARTS = graphql(
  `
    fragment ProfileParts on MobileIdProfile @_unmask {
      ...ProfileBase
      certificates {
        id
        kind
        status
        serialNumber
        notAfter
        revocationReason
        revokedAt
        recovered
      }
    }
  `,
  [PROFILE_BASE],
);

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

/** As MY_PROFILES, with all that can be known of the certificates. */
export const MY_PROFILES_IN_DETAIL = graphql(
  `
    query MyProfilesInDetail {
      myProfiles {
        ...ProfileBase
        certificates {
          id
          kind
          status
          serialNumber
          notBefore
          notAfter
          revocationReason
          revokedAt
          recovered
          issuer
          fingerprint
          keyOrigin
          pem
        }
      }
    }
  `,
  [PROFILE_BASE],
);

export type Profile = ResultOf<typeof MY_PROFILES>['myProfiles'][number];
export type ProfileInDetail = ResultOf<typeof MY_PROFILES_IN_DETAIL>['myProfiles'][number];
export type CertificateInDetail = ProfileInDetail['certificates'][number];
