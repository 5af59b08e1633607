import { graphql } from '../../shared/graphql.js';

export const SUSPEND = graphql(`
  mutation SuspendMyMobileId($id: ID!) {
    deactivateMyProfile(id: $id) {
      id
      state
    }
  }
`);

export const REACTIVATE = graphql(`
  mutation ReactivateMyMobileId($id: ID!) {
    reactivateMyProfile(id: $id) {
      id
      state
    }
  }
`);

export const REVOKE = graphql(`
  mutation RevokeMyMobileId($id: ID!, $cause: RevocationCause!, $reason: String!) {
    revokeMyProfile(id: $id, cause: $cause, reason: $reason) {
      id
      state
    }
  }
`);
