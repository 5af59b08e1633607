import type { Config } from '../config.js';
import type { EdgePorts } from '../edge/graphql/ports.js';
import { batchFiles } from '../edge/http/batch-files.js';
import { trustOf } from '../edge/http/client.js';
import type { Mount } from '../edge/http/express.js';
import { Origins } from '../edge/http/origins.js';
import { SessionCookie } from '../edge/http/session-cookie.js';
import type { Services } from './services.js';

/** What stands under `/batches`. */
export function batchMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: { readonly services: Services; readonly ports: EdgePorts; readonly publicUrl: string },
): Mount {
  const publicUrl = (): string => parts.publicUrl;
  const { work, enrolmentBatches, batchResults, limits } = parts.services;
  const handler = batchFiles({
    ...{ work, enrolmentBatches, batchResults, limits, ports: parts.ports },
    trust: trustOf(trustedProxies),
    origins: new Origins(publicUrl, allowedOrigins),
    cookie: new SessionCookie(publicUrl),
  });
  return { path: '/batches', handler };
}
