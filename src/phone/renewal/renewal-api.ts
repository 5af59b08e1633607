import type { ActivatedMobileId, RenewalTask, RenewMobileIdInput } from '../contract.js';
import { callServer, DEFAULT_TIMEOUT_MS, type ConnectionOptions } from '../server-api.js';

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
  renewMobileId(input: $input) {
    profile {
      id name accountName serverName state validFrom validTo
      certificates { id kind status serialNumber subject issuer notBefore notAfter pem fingerprint recovered }
    }
    chain
    encryptionKeys { certificateId jwe }
  }
}`;
const ACKNOWLEDGE = `mutation Acknowledge($proof: String!) { acknowledgeRenewal(proof: $proof) }`;

/** The server over GraphQL. */
export function connectForRenewals({
  serverUrl,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: ConnectionOptions): RenewalApi {
  const call = (
    query: string,
    field: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<unknown> => callServer(`${serverUrl}/graphql`, { query, field, variables }, timeoutMs);
  return {
    task: async (proof) => (await call(TASK, 'mobileIdRenewal', { proof })) as RenewalTask,
    renew: async (input) => (await call(RENEW, 'renewMobileId', { input })) as ActivatedMobileId,
    acknowledge: async (proof) => {
      await call(ACKNOWLEDGE, 'acknowledgeRenewal', { proof });
    },
  };
}
