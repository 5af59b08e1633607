import { join } from 'node:path';
import express, {
  type ErrorRequestHandler,
  type Express,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import { DomainError } from '../../kernel/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { TrustProxy } from './client.js';
import { sendProblem } from './problem-details.js';

/** A part of the server that lives under a path of its own, such as `/mailbox`. */
export interface Mount {
  readonly path: `/${string}`;
  readonly handler: RequestHandler;
}

export interface PagesParts {
  /** Folder with the built pages. */
  readonly webRoot: string;
  readonly publicUrl: () => string;
  readonly trust: TrustProxy;
  readonly mounts: readonly Mount[];
  readonly isReady: () => Promise<boolean>;
  readonly log: Logger;
}

/** Everything but GraphQL: the pages, their assets, health, and what is mounted. */
export function createPages(parts: PagesParts): Express {
  const app = express();
  app.set('trust proxy', parts.trust);
  app.set('etag', 'strong');
  app.disable('x-powered-by');
  app.use(securityHeaders(parts.publicUrl));
  app.get('/healthz', (_req, res) => {
    status(res, 200, 'ok');
  });
  app.get('/readyz', async (_req, res) => {
    const isReady = await parts.isReady();
    status(res, isReady ? 200 : 503, isReady ? 'ready' : 'not ready');
  });
  app.get(['/', '/account', '/set-password'], page(parts.webRoot, 'portal/index.html'));
  app.get('/i', page(parts.webRoot, 'invitation/index.html'));
  app.get('/m', page(parts.webRoot, 'phone/index.html'));
  const assets = join(parts.webRoot, 'assets');
  app.use('/assets', express.static(assets, { immutable: true, maxAge: '1y', index: false }));
  finish(app, parts);
  return app;
}

/** What is mounted, and nothing else: for a port of its own. */
export function createMounts(parts: Pick<PagesParts, 'trust' | 'mounts' | 'log'>): Express {
  const app = express();
  app.set('trust proxy', parts.trust);
  app.set('etag', 'strong');
  app.disable('x-powered-by');
  finish(app, parts);
  return app;
}

function finish(app: Express, { mounts, log }: Pick<PagesParts, 'mounts' | 'log'>): void {
  for (const { path, handler } of mounts) app.use(path, handler);
  app.use((_req, res) => {
    sendProblem(res, new DomainError('NOT_FOUND'));
  });
  app.use(problems(log));
}

/** Scripts only from our own files. Styles also inline, as the component library writes its variables into the page. */
function securityHeaders(publicUrl: () => string): RequestHandler {
  const isSecure = publicUrl().startsWith('https:');
  const socket = (): string => publicUrl().replace(/^http/, 'ws');
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", socket],
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isSecure,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  return (req, res, next) => {
    // The phone page may scan with the camera; nothing else is needed anywhere.
    res.setHeader('permissions-policy', 'camera=(self), geolocation=(), microphone=(), usb=()');
    headers(req, res, next);
  };
}

function status(res: Response, code: number, text: string): void {
  res.setHeader('cache-control', 'no-store');
  res.status(code).type('text/plain').send(`${text}\n`);
}

function page(root: string, file: string): RequestHandler {
  const options = { root, cacheControl: false, headers: { 'cache-control': 'no-cache' } };
  return (_req, res, next) => {
    res.sendFile(file, options, (error: Error | undefined) => {
      if (error !== undefined) next(error);
    });
  };
}

/** The last resort of every handler. */
function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, _req, res, _next) => {
    if (res.headersSent) {
      log.error({ error, requestId: res.getHeader('x-request-id') }, 'an answer broke off');
      res.destroy();
      return;
    }
    if (error instanceof DomainError) {
      sendProblem(res, error);
      return;
    }
    const asked = statusOf(error);
    if (asked === 404) sendProblem(res, new DomainError('NOT_FOUND'));
    else if (asked !== undefined) sendProblem(res, new DomainError('INVALID_INPUT'), asked);
    else {
      log.error({ error, requestId: res.getHeader('x-request-id') }, 'unexpected error');
      sendProblem(res, new DomainError('INTERNAL'));
    }
  };
}

/** Express and its parsers mark what the caller did wrong with a 4xx `status`. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
