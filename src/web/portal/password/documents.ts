import { graphql } from '../../shared/graphql.js';

export const REQUEST_PASSWORD_RESET = graphql(`
  mutation RequestPasswordReset($username: String!) {
    requestPasswordReset(username: $username)
  }
`);

export const SET_PASSWORD = graphql(`
  mutation SetPassword($token: String!, $password: String!) {
    setPassword(token: $token, password: $password)
  }
`);

export const CHANGE_PASSWORD = graphql(`
  mutation ChangePassword($current: String!, $password: String!) {
    changePassword(current: $current, password: $password) {
      viewer {
        sessionExpiresAt
      }
    }
  }
`);
