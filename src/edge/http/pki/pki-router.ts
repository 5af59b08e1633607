import { raw, type Request, type Response, Router } from 'express';
import type {
  AuthorityDirectory,
  ListedAuthority,
} from '../../../features/certificates/authorities/authority-directory.service.js';
import type {
  PublishedList,
  RevocationListService,
} from '../../../features/certificates/revocation/revocation-list.service.js';
import { secondsUntil, setCaching } from './caching.js';
import { OcspEndpoint, type OcspParts, OCSP_REQUEST } from './ocsp-endpoint.js';

export interface PkiRouterParts extends OcspParts {
  readonly lists: RevocationListService;
  readonly directory: AuthorityDirectory;
}

const FILE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(crl|cer)$/;
/** How long caches may go on without asking. Asking is cheap: most answers are 304. */
const LIST_SECONDS = 300;
const CERTIFICATE_SECONDS = 86_400;

/** Revocation lists, OCSP and authorities' certificates, for everybody; to be mounted under `/pki`. */
export function pkiRouter(parts: PkiRouterParts): Router {
  const { lists, directory } = parts;
  const router = Router({ caseSensitive: true, strict: true });
  const ocsp = new OcspEndpoint(parts);
  const body = raw({ type: OCSP_REQUEST.type, limit: OCSP_REQUEST.octets, inflate: false });
  router.post('/ocsp', body, (req: Request, res) => ocsp.post(req, res));
  router.get(/^\/ocsp\/./, (req, res) => ocsp.get(req, res));
  router.get('/:file', async (req, res, next) => {
    const [, id, kind] = FILE.exec(req.params.file) ?? [];
    const list = id !== undefined && kind === 'crl' ? await lists.find(id) : undefined;
    const authority = id !== undefined && kind === 'cer' ? await directory.byId(id) : undefined;
    if (list !== undefined) sendList(list, res);
    else if (authority !== undefined) sendCertificate(authority, res);
    else next();
  });
  return router;
}

/** RFC 2585 4.2 */
function sendList(
  { number, thisUpdate, nextUpdate, der, now }: PublishedList,
  res: Response,
): void {
  const maxAgeSeconds = secondsUntil(nextUpdate, now, LIST_SECONDS);
  const expires = new Date(now.getTime() + maxAgeSeconds * 1000);
  setCaching(res, { tag: `crl-${number}`, lastModified: thisUpdate, maxAgeSeconds, expires });
  res.type('application/pkix-crl').send(der);
}

/** RFC 2585 4.1; the certificate of an authority never changes. */
function sendCertificate(
  { certificateDer, fingerprint, validity }: ListedAuthority,
  res: Response,
): void {
  res.set({
    etag: `"${fingerprint}"`,
    'last-modified': validity.notBefore.toUTCString(),
    'cache-control': `public, max-age=${String(CERTIFICATE_SECONDS)}`,
  });
  res.type('application/pkix-cert').send(certificateDer);
}
