import { randomUUID } from 'node:crypto';
import type { Mount } from '../../edge/http/express.js';
import { oauthRouter } from '../../edge/http/oauth/oauth-router.js';
import type { Logger } from '../../platform/logger.js';
import { tokenNamesOf } from '../services/token-names.js';
import type { Services } from '../services/services.js';

/** The token endpoint for API clients, with its keys, of which the first is made at the very first start. */
export async function openOAuth(
  { work, signingKeys, clientAuthentication }: Services,
  publicUrl: string,
  log: Logger,
): Promise<Mount> {
  const request = await work.systemRequest('first-start', randomUUID());
  const keys = await work.change(request, (scope) => signingKeys.open(scope));
  const { audience } = tokenNamesOf(publicUrl);
  const handler = oauthRouter({
    publicUrl,
    audience,
    keys,
    authentication: clientAuthentication,
    now: work.now,
    log,
  });
  return { path: '/', handler };
}
