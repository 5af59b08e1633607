import type { ActivatedMobileId, RenewalTask, RenewMobileIdInput } from '../contract.js';
import { ACTIVATED_MOBILE_ID, callerOf, type ConnectionOptions } from '../server-api.js';

/** What a phone asks of the server to renew a mobile ID. Everything fails with `ServerError`. */
export interface RenewalApi {
  task(proof: string): Promise<RenewalTask>;
  renew(input: RenewMobileIdInput): Promise<ActivatedMobileId>;
  acknowledge(proof: string): Promise<void>;
}

const TASK = `query Renewal($proof: String!) {
  mobileIdRenewal(proof: $proof) {
    profileId challenge keyRequests { kind origin algorithms } needsWrappingKey serverName profileName accountName renewableFrom endsAt
  }
}`;
const RENEW = `mutation Renew($input: RenewMobileIdInput!) {
  renewMobileId(input: $input) ${ACTIVATED_MOBILE_ID}
}`;
const ACKNOWLEDGE = `mutation Acknowledge($proof: String!) { acknowledgeRenewal(proof: $proof) }`;

/** The server over GraphQL. */
export function connectForRenewals(options: ConnectionOptions): RenewalApi {
  const call = callerOf(options);
  return {
    task: async (proof) =>
      (await call({ query: TASK, field: 'mobileIdRenewal', variables: { proof } })) as RenewalTask,
    renew: async (input) =>
      (await call({
        query: RENEW,
        field: 'renewMobileId',
        variables: { input },
      })) as ActivatedMobileId,
    acknowledge: async (proof) => {
      await call({ query: ACKNOWLEDGE, field: 'acknowledgeRenewal', variables: { proof } });
    },
  };
}
