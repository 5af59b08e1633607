import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type {
  OcspReply,
  ResponderService,
} from '../../../features/certificates/revocation/responder.service.js';
import { invalidInput } from '../../../kernel/errors.js';
import { addressKey } from '../../../platform/address-key.js';
import { BoundedQueue, QueueFullError } from '../../../platform/bounded-queue.js';
import type { Logger } from '../../../platform/logger.js';
import { pathOf } from '../exchange.js';
import { sendProblem } from '../problem-details.js';
import { secondsUntil, setCaching } from './caching.js';

export interface OcspParts {
  readonly responder: ResponderService;
  readonly log: Logger;
}

/** What is taken as a request by POST (RFC 6960 appendix A.1). */
export const OCSP_REQUEST = { type: 'application/ocsp-request', octets: 16_384 } as const;
/** Fewer than the four threads that sign: however many ask, certificates are signed meanwhile. */
const BOUNDS = { running: 3, pending: 400, pendingPerCaller: 100 } as const;
/** As short as a revocation may be overlooked; beyond it caches ask again, which is cheap. */
const FRESH_SECONDS = 60;
const PREFIX = '/ocsp/';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** OCSP over HTTP (RFC 6960 appendix A, RFC 5019). Whatever the answer, its HTTP status is 200. */
export class OcspEndpoint {
  private readonly queue = new BoundedQueue(BOUNDS);

  constructor(private readonly parts: OcspParts) {}

  async post(req: Request, res: Response): Promise<void> {
    const body: unknown = req.body;
    if (!Buffer.isBuffer(body)) {
      sendProblem(res, invalidInput('content-type', `Must be ${OCSP_REQUEST.type}.`), 415);
      return;
    }
    const { der } = await this.answer(req, body);
    this.send(res, der);
  }

  /** The rest of the path is the request: base64, URL-encoded. */
  async get(req: Request, res: Response): Promise<void> {
    // Two answers of one second have the same Last-Modified: only their tags tell them apart (RFC 9110 8.8.2.2).
    delete req.headers['if-modified-since'];
    const { der, cacheable } = await this.answer(req, requestIn(pathOf(req)));
    if (cacheable !== null) {
      const { producedAt, nextUpdate, now } = cacheable;
      setCaching(res, {
        tag: createHash('sha256').update(der).digest('base64url'),
        lastModified: producedAt,
        maxAgeSeconds: secondsUntil(nextUpdate, now, FRESH_SECONDS),
        expires: nextUpdate, // RFC 5019 6.2; caches of today go by max-age
      });
    }
    this.send(res, der);
  }

  private send(res: Response, der: Buffer): void {
    if (res.getHeader('cache-control') === undefined) res.set('cache-control', 'no-store');
    res.type('application/ocsp-response').send(der);
  }

  private async answer(req: Request, der: Buffer): Promise<OcspReply> {
    const { responder, log } = this.parts;
    try {
      return await this.queue.run(addressKey(req.ip ?? ''), () => responder.answer(der));
    } catch (error) {
      if (error instanceof QueueFullError) return responder.refuse('tryLater');
      log.error({ error }, 'an OCSP request could not be answered');
      return responder.refuse('internalError');
    }
  }
}

/** Empty, which is no request, where it is no base64. */
function requestIn(path: string): Buffer {
  const text = decoded(path.slice(path.indexOf(PREFIX) + PREFIX.length));
  return BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
