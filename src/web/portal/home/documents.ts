import { graphql, type ResultOf } from '../../shared/graphql.js';

export const PROFILE_PARTS = graphql(`
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

export type Profile = ResultOf<typeof MY_PROFILES>['myProfiles'][number];
