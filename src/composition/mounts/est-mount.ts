import { randomUUID } from 'node:crypto';
import type { Config } from '../../config.js';
import { trustOf } from '../../edge/http/client.js';
import { estRouter } from '../../edge/http/est/est-router.js';
import type { Mount } from '../../edge/http/express.js';
import { Origins } from '../../edge/http/origins.js';
import type { EdgePorts } from '../../edge/graphql/ports.js';
import type { Services } from '../services/services.js';

/** Enrolment for devices that bring a client of their own. */
export function estMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: { readonly services: Services; readonly ports: EdgePorts; readonly publicUrl: string },
): Mount {
  const { work, estEnrolments, estRenewals, authorityDirectory } = parts.services;
  const handler = estRouter({
    enrolments: estEnrolments,
    renewals: estRenewals,
    authorities: async () => {
      const request = await work.systemRequest('est', randomUUID());
      const known = await authorityDirectory.list(work.read(request));
      return known
        .filter(({ revokedAt }) => revokedAt === null)
        .map(({ certificateDer }) => certificateDer);
    },
    ports: parts.ports,
    identify: parts.ports.identify,
    trust: trustOf(trustedProxies),
    origins: new Origins(() => parts.publicUrl, allowedOrigins),
  });
  return { path: '/', handler };
}
