import { actorIdOf, type RequestContext } from '../kernel/actor.js';
import { DomainError } from '../kernel/errors.js';
import type {
  Caller,
  Credentials,
  EdgePorts,
  Refusal,
  SessionCredential,
} from '../edge/graphql/ports.js';
import { AccessTokenService } from '../features/api-clients/access-token.service.js';
import { ScimTokenService } from '../features/api-clients/scim-tokens/scim-token.service.js';
import { refusalOf } from '../features/access/access.service.js';
import type { FoundSession } from '../features/sessions/session.service.js';
import { addressKey } from '../platform/address-key.js';
import type { EventBus } from '../platform/event-bus/event-bus.js';
import type { Services } from './services/services.js';

/** What the edge asks of the services: who calls, what he may do, and when to ask again. */
export function createEdgePorts(services: Services, bus: EventBus): EdgePorts {
  const { work, access } = services;
  return {
    identify: (credentials) => identify(services, credentials),
    authorize: async (context, resource, { isChange }) => {
      const decision = await access.decide(work.read(context), resource, { isChange });
      const refusal = refusalOf(decision);
      if (refusal !== undefined) throw refusal;
      return { validUntil: decision.validUntil };
    },
    recordRefusal: (context, refusal) => recordRefusal(services, context, refusal),
    onChange: (topic, wake) => bus.listen(topic, wake),
  };
}

/** The log cannot be cut, so nobody may fill it: beyond the limit a refusal stands in the server's own log only. */
async function recordRefusal(
  { work, audit, limits }: Services,
  context: RequestContext,
  { operation, resource, code }: Refusal,
): Promise<void> {
  const { actor, address } = context;
  const caller = actorIdOf(actor) ?? addressKey(address);
  if (!(await limits.tryTake('audit/refusals', caller))) return;
  await audit.recordRefusal(work.read(context), {
    operation,
    target: `resource:${resource}`,
    code,
  });
}

async function identify(services: Services, credentials: Credentials): Promise<Caller> {
  const { session, watchToken, deviceToken } = credentials;
  const found = session && (await findCaller(services, session));
  return {
    actor: found?.actor ?? { kind: 'anonymous' },
    now: found?.now ?? (await services.work.now()),
    grants: grantsOf(services, watchToken, deviceToken),
    ...(found?.clientToken && { clientToken: found.clientToken }),
  };
}

type Found = Pick<Caller, 'actor' | 'now' | 'clientToken'>;

async function findCaller(
  services: Services,
  credential: SessionCredential,
): Promise<Found | undefined> {
  const found = await findBy(services, credential);
  if (found === undefined && credential.kind !== 'cookie') throw new DomainError('UNAUTHENTICATED');
  return found;
}

function findBy(services: Services, credential: SessionCredential): Promise<Found | undefined> {
  const { work, scimTokens } = services;
  if (credential.kind === 'scim' && ScimTokenService.looksLikeOne(credential.token)) {
    return scimTokens.actorOf(work.sql, credential.token, credential.projectId);
  }
  return isAccessToken(credential)
    ? findClient(services, credential)
    : findSession(services, credential);
}

/** A cookie is never one: access tokens are for applications, which show them on purpose. */
function isAccessToken(credential: SessionCredential): credential is ClientCredential {
  const { kind } = credential;
  const isShown = kind === 'bearer' || kind === 'scim';
  return kind === 'client' || (isShown && AccessTokenService.looksLikeOne(credential.token));
}

type ClientCredential = Extract<
  SessionCredential,
  { kind: 'client' | 'bearer' | 'scim' | 'cookie' }
>;

async function findClient(
  { work, clients, accessTokens }: Services,
  credential: ClientCredential,
): Promise<Found | undefined> {
  const clientToken =
    credential.kind === 'client'
      ? credential.clientToken
      : await accessTokens.read(work.sql, credential.token, await work.now());
  const found = clientToken && (await clients.actorOf(work.sql, clientToken));
  return found && { ...found, clientToken };
}

function findSession(
  { work, sessions }: Services,
  credential: Exclude<SessionCredential, { kind: 'client' }>,
): Promise<FoundSession | undefined> {
  return credential.kind === 'id'
    ? sessions.byId(work.sql, credential.sessionId, credential.active)
    : sessions.byToken(work.sql, credential.token);
}

function grantsOf(
  { secrets }: Services,
  watchToken: string | undefined,
  deviceToken: string | undefined,
): RequestContext['grants'] {
  const watch = watchToken === undefined ? undefined : secrets.readWatchToken(watchToken);
  const device = deviceToken === undefined ? undefined : secrets.readDeviceToken(deviceToken);
  const isForeign =
    (watchToken !== undefined && watch === undefined) ||
    (deviceToken !== undefined && device === undefined);
  if (isForeign) throw new DomainError('UNAUTHENTICATED');
  return { ...(watch && { watch }), ...(device && { device }) };
}
