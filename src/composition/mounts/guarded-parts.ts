import type { Config } from '../../config.js';
import type { EdgePorts } from '../../edge/graphql/ports.js';
import { trustOf } from '../../edge/http/client.js';
import { Origins } from '../../edge/http/origins.js';
import { SessionCookie } from '../../edge/http/session-cookie.js';
import type { Services } from '../services/services.js';

export interface MountParts {
  readonly services: Services;
  readonly ports: EdgePorts;
  readonly publicUrl: string;
}

/** By what a way in beside GraphQL knows who calls, and whether he may. */
export function guardedParts(
  { trustedProxies, allowedOrigins }: Config,
  parts: Pick<MountParts, 'ports' | 'publicUrl'>,
): {
  readonly ports: EdgePorts;
  readonly trust: ReturnType<typeof trustOf>;
  readonly origins: Origins;
  readonly cookie: SessionCookie;
} {
  const publicUrl = (): string => parts.publicUrl;
  return {
    ports: parts.ports,
    trust: trustOf(trustedProxies),
    origins: new Origins(publicUrl, allowedOrigins),
    cookie: new SessionCookie(publicUrl),
  };
}
