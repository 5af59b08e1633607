import { Router, type Request, type Response } from 'express';
import type { UserImportService } from '../../../features/members/import/user-import.service.js';
import { actorIdOf, type RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import { judge } from '../../graphql/authorize.js';
import type { EdgePorts } from '../../graphql/ports.js';
import { callerOf, type CallerParts } from '../guarded-exchange.js';
import { sendProblem } from '../problem-details.js';
import { bytesOf, hangUpAfterAnswer } from '../upload.js';
import { StreamedAnswer, wholeAnswer } from './import-answers.js';
import { readImportRequest, RefusedUpload, type ImportRequest } from './import-request.js';

export interface ImportRouterParts extends CallerParts {
  readonly imports: Pick<UserImportService, 'run'>;
  readonly ports: Pick<EdgePorts, 'identify' | 'authorize' | 'recordRefusal'>;
  readonly limits: Pick<RateLimits, 'take'>;
}

const OPERATION = 'POST /imports/users';
/** People import where they look after projects, as by the mutation; applications where they change users, and members. */
const BY_PEOPLE = ['/admin/projects'] as const;
const BY_CLIENTS = ['/operator/users', '/operator/projects'] as const;

type Exchange = readonly [req: Request, res: Response];

/** Files of users as streams. To be mounted at `/imports`. */
export function importRouter(parts: ImportRouterParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post('/users', async (req, res, next) => {
    hangUpAfterAnswer(req, res);
    await importUsers(parts, [req, res]).catch(next);
  });
  router.all('/users', (_req, res) => {
    res.setHeader('allow', 'POST');
    sendProblem(res, new DomainError('INVALID_INPUT'), 405);
  });
  return router;
}

async function importUsers(parts: ImportRouterParts, exchange: Exchange): Promise<void> {
  const [req, res] = exchange;
  const context = await contextOf(parts, exchange);
  await authorize(parts, context);
  const asked = wanted(exchange);
  if (asked === undefined) return;
  await parts.limits.take('import/start', actorIdOf(context.actor) ?? 'nobody');
  const { options, encoding, asStream } = asked;
  const gone = new AbortController();
  res.once('close', () => {
    gone.abort();
  });
  const answer = asStream ? new StreamedAnswer(res) : wholeAnswer(res);
  const observer = {
    ...answer.observer,
    signal: gone.signal,
    mayApply: async () => {
      const current = await contextOf(parts, exchange);
      await authorize(parts, current);
      return current;
    },
  };
  try {
    const source = { bytes: bytesOf(req), encoding };
    await answer.end(await parts.imports.run(context, options, { source, observer }));
  } catch (error) {
    if (gone.signal.aborted) return; // nobody is there to be told
    if (!(error instanceof DomainError)) throw error;
    await record(parts, context, error);
    await answer.fail(error);
  }
}

function wanted([req, res]: Exchange): ImportRequest | undefined {
  try {
    return readImportRequest(req);
  } catch (error) {
    if (!(error instanceof RefusedUpload)) throw error;
    sendProblem(res, error.problem, error.status);
    return undefined;
  }
}

async function contextOf(parts: ImportRouterParts, [req, res]: Exchange): Promise<RequestContext> {
  return { ...(await callerOf(parts, req, res)), setSessionCookie: () => undefined };
}

async function authorize({ ports }: ImportRouterParts, context: RequestContext): Promise<void> {
  const resources = context.actor.kind === 'client' ? BY_CLIENTS : BY_PEOPLE;
  await judge(ports, context, { resources, operation: OPERATION, isChange: true });
}

/** What the access rules refuse is recorded where they judge. */
async function record(
  { ports }: ImportRouterParts,
  context: RequestContext,
  { code }: DomainError,
): Promise<void> {
  if (code === 'INVALID_INPUT') return;
  const [resource] = context.actor.kind === 'client' ? BY_CLIENTS : BY_PEOPLE;
  await ports.recordRefusal(context, { operation: OPERATION, resource, code });
}
