import type { Adapter, AdapterPayload } from 'oidc-provider';
import { InvalidClientAuth } from 'oidc-provider/lib/helpers/errors.js';
import type { KnownClient } from '../../../features/api-clients/client-authentication.service.js';
import { randomToken } from '../../../kernel/secrets.js';
import { currentRequest, type TokenRequests } from './token-requests.js';

const VISIBLE = /^[\x21-\x7e]{1,200}$/;
/** Fits no client: the library wants a secret there, while secrets are compared by their hashes. */
const NO_SECRET = randomToken();

/** What the library keeps, in our tables: it looks clients up, and notes used assertions. Tokens stand for themselves. */
export function adapterFor(model: string, requests: TokenRequests): Adapter {
  if (model === 'Client') return { ...NOTHING, find: (id) => findClient(id, requests) };
  if (model === 'ReplayDetection') {
    return { ...NOTHING, upsert: (id, _payload, ttl) => useOnce(id, ttl ?? 0, requests) };
  }
  return NOTHING;
}

/** An unknown client is one without any secret that fits, so that it takes the same way, and as long, as a wrong secret. */
async function findClient(
  id: string,
  requests: TokenRequests,
): Promise<AdapterPayload | undefined> {
  if (!VISIBLE.test(id)) return undefined;
  const { client } = await requests.begin(currentRequest(), id);
  return { ...metadataOf(client), client_id: id };
}

function metadataOf(client: KnownClient | undefined): AdapterPayload {
  const common = {
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    ...(client === undefined ? {} : { scope: client.scopes.join(' ') }),
  };
  const jwks = client?.jwks ?? null;
  if (jwks === null) {
    return {
      ...common,
      client_secret: NO_SECRET,
      token_endpoint_auth_method: 'client_secret_basic', // stands for client_secret_post as well
    };
  }
  return {
    ...common,
    jwks: { keys: jwks.keys.map((key) => ({ ...key })) },
    token_endpoint_auth_method: 'private_key_jwt',
  };
}

/** The library asks whether it is there and then writes it: two at once would both pass. Here the insert itself decides. */
async function useOnce(id: string, ttlSeconds: number, requests: TokenRequests): Promise<void> {
  const isNew = await requests.useAssertion(currentRequest(), id, ttlSeconds);
  if (!isNew) throw new InvalidClientAuth('client assertion tokens must only be used once');
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);
const NOTHING: Adapter = {
  upsert: nothing,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
};
