import { Router, type Request, type RequestHandler, type Response } from 'express';
import { encodeCsrAttributes } from '../../../features/certificates/certificate.service.js';
import type { EstEnrolmentService } from '../../../features/enrolment/est/est-enrolment.service.js';
import type { EstRenewalService } from '../../../features/enrolment/est/est-renewal.service.js';
import type { EstRequest } from '../../../features/enrolment/est/est-request.js';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { EdgePorts } from '../../graphql/ports.js';
import {
  dropPageHeaders,
  sendBase64,
  sendCertificates,
  sendIssued,
  sendPending,
  sendRefusal,
} from './est-answers.js';
import {
  bindingsOf,
  callOf,
  codeIn,
  refusePlainHttp,
  requestIn,
  type EstCall,
  type EstExchangeParts,
} from './est-exchange.js';

export interface EstRouterParts extends EstExchangeParts {
  readonly enrolments: EstEnrolmentService;
  readonly renewals: EstRenewalService;
  /** Authorities' certificates, DER. */
  readonly authorities: () => Promise<readonly Buffer[]>;
  readonly ports: Pick<EdgePorts, 'authorize' | 'recordRefusal'>;
}

/** RFC 7030 3.2.2: one label for each kind of certificate. */
const LABELS: Readonly<Record<string, CertificateKind>> = {
  authentication: 'AUTHENTICATION',
  signature: 'SIGNATURE',
  encryption: 'ENCRYPTION',
};
const PUBLIC_SECONDS = 300;

/** One request at one of the operations. */
interface Visit extends EstCall {
  readonly req: Request;
  readonly res: Response;
  /** Null where the client names no label. */
  readonly kind: CertificateKind | null;
}

interface Operation {
  readonly method: 'GET' | 'POST';
  /** Of the access rules. */
  readonly resource: '/certificate-authority' | '/device';
  readonly answer: (visit: Visit) => Promise<void>;
}

/**
 * Enrollment over Secure Transport (RFC 7030), to be mounted at `/`. The label may also stand in front, for clients that put
 * their path there.
 */
export function estRouter(parts: EstRouterParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const operations = new Map(Object.entries(operationsOf(parts)));
  const handle: RequestHandler<{ operation: string; label?: string }> = async (req, res, next) => {
    const { operation: name, label } = req.params;
    const operation = operations.get(name);
    const kind = label === undefined ? null : LABELS[label];
    if (operation === undefined || kind === undefined) {
      next();
      return;
    }
    dropPageHeaders(res);
    if (req.method !== operation.method) {
      res.setHeader('allow', operation.method);
      res.status(405).end();
      return;
    }
    await visit(parts, { name, operation, kind }, [req, res]).catch(next);
  };
  router.all('/.well-known/est/:operation', handle);
  router.all('/.well-known/est/:label/:operation', handle);
  router.all('/:label/.well-known/est/:operation', handle);
  return router;
}

async function visit(
  parts: EstRouterParts,
  asked: { name: string; operation: Operation; kind: CertificateKind | null },
  [req, res]: [Request, Response],
): Promise<void> {
  const { method, resource, answer } = asked.operation;
  const call = await callOf(parts, req, res);
  const isChange = method === 'POST';
  try {
    refusePlainHttp({ req, trust: parts.trust });
    await parts.ports.authorize(call.context, resource, { isChange });
    await answer({ ...call, req, res, kind: asked.kind });
  } catch (error) {
    const refusal = sendRefusal(res, error);
    if (refusal === undefined) throw error;
    if (!isChange) return;
    const { code } = refusal;
    const operation = `est/${asked.name}`;
    await parts.ports.recordRefusal(call.context, { operation, resource, code });
  }
}

function operationsOf(parts: EstRouterParts): Record<string, Operation> {
  const { authorities, enrolments, renewals } = parts;
  const read = { method: 'GET', resource: '/certificate-authority' } as const;
  const change = { method: 'POST', resource: '/device' } as const;
  return {
    cacerts: {
      ...read,
      answer: async ({ res }) => {
        const cacheControl = `public, max-age=${String(PUBLIC_SECONDS)}`;
        sendCertificates(res, await authorities(), cacheControl);
      },
    },
    csrattrs: {
      ...read,
      answer: async ({ req, res }) => {
        const isLinkable = bindingsOf(req).length > 0;
        sendBase64(res, 'application/csrattrs', encodeCsrAttributes({ isLinkable }));
        return Promise.resolve();
      },
    },
    simpleenroll: {
      ...change,
      answer: async (visit) => {
        await enrol(enrolments, visit, await requestOf(visit, 'DEVICE'));
      },
    },
    simplereenroll: {
      ...change,
      answer: async (visit) => {
        const request = await requestOf(visit, 'DEVICE');
        sendIssued(visit.res, await renewals.renew(visit.context, request));
      },
    },
    serverkeygen: {
      ...change,
      answer: async (visit) => {
        const request = await requestOf({ ...visit, kind: visit.kind ?? 'ENCRYPTION' }, 'SERVER');
        const hasCode = codeIn(visit.req) !== undefined;
        if (!hasCode && (await renewals.isHolder(visit.context, visit.shown))) {
          sendIssued(visit.res, await renewals.renew(visit.context, request));
        } else await enrol(enrolments, visit, request);
      },
    },
  };
}

async function enrol(
  enrolments: EstEnrolmentService,
  { req, res, context }: Visit,
  request: EstRequest,
): Promise<void> {
  const code = codeIn(req);
  if (code === undefined) throw new DomainError('INVALID_CREDENTIALS');
  const outcome = await enrolments.enrol(context, code, request);
  if (outcome.state === 'PENDING') sendPending(res, outcome.confirmationCode);
  else sendIssued(res, outcome);
}

async function requestOf(
  { req, res, kind, shown }: Visit,
  keyOrigin: EstRequest['keyOrigin'],
): Promise<EstRequest> {
  const csr = await requestIn(req, res);
  return { kind, csr, keyOrigin, shown, bindings: bindingsOf(req) };
}
