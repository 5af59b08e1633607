import type { Config } from '../../config.js';
import type { EdgePorts } from '../../edge/graphql/ports.js';
import { assignedIdFiles } from '../../edge/http/files/assigned-id-files.js';
import { trustOf } from '../../edge/http/client.js';
import type { Mount } from '../../edge/http/express.js';
import { Origins } from '../../edge/http/origins.js';
import { SessionCookie } from '../../edge/http/session-cookie.js';
import type { Logger } from '../../platform/logger.js';
import type { Services } from '../services/services.js';

/** Lists of assigned IDs, to download and to send. */
export function assignedIdMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: {
    readonly services: Services;
    readonly ports: EdgePorts;
    readonly publicUrl: string;
    readonly log: Logger;
  },
): Mount {
  const publicUrl = (): string => parts.publicUrl;
  const { work, limits, assignedIdExports, confirmationLists } = parts.services;
  const handler = assignedIdFiles({
    ...{ work, limits, assignedIdExports, confirmationLists, ports: parts.ports },
    log: parts.log,
    trust: trustOf(trustedProxies),
    origins: new Origins(publicUrl, allowedOrigins),
    cookie: new SessionCookie(publicUrl),
  });
  return { path: '/', handler };
}
