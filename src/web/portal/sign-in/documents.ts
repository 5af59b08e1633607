import { graphql, type ResultOf } from '../../shared/graphql.js';

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

type Viewer = NonNullable<ResultOf<typeof VIEWER>['viewer']>;
export type PortalUser = NonNullable<Viewer['user']>;
export type Method = Viewer['evidence'][number]['method'];
