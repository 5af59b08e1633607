import type { Mount } from '../../edge/http/express.js';
import { pkiRouter } from '../../edge/http/pki/pki-router.js';
import type { Logger } from '../../platform/logger.js';
import type { Services } from '../services/services.js';

/** What stands under `/pki`. */
export function pkiMount(services: Services, log: Logger): Mount {
  const { revocationLists: lists, authorityDirectory: directory, responder } = services;
  return { path: '/pki', handler: pkiRouter({ lists, directory, responder, log }) };
}
