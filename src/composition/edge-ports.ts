import type { RequestContext } from '../kernel/actor.js';
import { DomainError } from '../kernel/errors.js';
import type {
  Caller,
  Credentials,
  EdgePorts,
  Refusal,
  SessionCredential,
} from '../edge/graphql/ports.js';
import { refusalOf } from '../features/access/access.service.js';
import type { FoundSession } from '../features/sessions/session.service.js';
import { addressKey } from '../platform/address-key.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Services } from './services.js';

/** What the edge asks of the services: who calls, what he may do, and when to ask again. */
export function createEdgePorts(services: Services, bus: EventBus): EdgePorts {
  const { work, access } = services;
  return {
    identify: (credentials) => identify(services, credentials),
    authorize: async (context, resource) => {
      const decision = await access.decide(work.read(context), resource);
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
  const caller = actor.kind === 'user' ? actor.userId : addressKey(address);
  if (!(await limits.tryTake('audit/refusals', caller))) return;
  await audit.recordRefusal(work.read(context), {
    operation,
    target: `resource:${resource}`,
    code,
  });
}

async function identify(services: Services, credentials: Credentials): Promise<Caller> {
  const { session, watchToken, deviceToken } = credentials;
  const found = session && (await findSession(services, session));
  return {
    actor: found?.actor ?? { kind: 'anonymous' },
    now: found?.now ?? (await services.work.now()),
    grants: grantsOf(services, watchToken, deviceToken),
  };
}

async function findSession(
  { work, sessions }: Services,
  credential: SessionCredential,
): Promise<FoundSession | undefined> {
  const found =
    credential.kind === 'id'
      ? await sessions.byId(work.sql, credential.sessionId, credential.active)
      : await sessions.byToken(work.sql, credential.token);
  if (found === undefined && credential.kind !== 'cookie') throw new DomainError('UNAUTHENTICATED');
  return found;
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
