import { Readable } from 'node:stream';
import { Router, type Request, type Response } from 'express';
import {
  ASSIGNED_ID_STATUSES,
  EXPORT_FORMATS,
  type AssignedIdExportService,
  type ExportFormat,
} from '../../../features/assigned-ids/lists/assigned-id-export.service.js';
import {
  readConfirmations,
  type ConfirmationListService,
} from '../../../features/assigned-ids/confirmations/confirmation-list.service.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { actorIdOf } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { contentOf } from '../content.js';
import { guarded, type GuardedParts } from '../guarded-exchange.js';
import { sendProblem } from '../problem-details.js';
import { bytesOf, hangUpAfterAnswer } from '../upload.js';
import { sendFile } from './download.js';

export interface AssignedIdFilesParts extends GuardedParts {
  readonly work: UnitOfWork;
  readonly limits: RateLimits;
  readonly assignedIdExports: AssignedIdExportService;
  readonly confirmationLists: ConfirmationListService;
}

const RESOURCE = '/operator/assigned-ids';
const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
};

/** Assigned IDs as files, out and in: judged as the fields that do the same. */
export function assignedIdFiles(parts: AssignedIdFilesParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const format of EXPORT_FORMATS) {
    router.get(
      `/projects/:id/assigned-ids.${format}`,
      guarded(parts, { resource: RESOURCE, isChange: false }, (context, req, res) =>
        sendExport(parts, { context, req, res }, format),
      ),
    );
  }
  const sending = new Set<string>();
  router.post(
    '/assigned-ids/confirmations',
    guarded(parts, { resource: RESOURCE, isChange: true }, (context, req, res) =>
      oneAtATime(sending, context, () => takeConfirmations(parts, { context, req, res })),
    ),
  );
  return router;
}

interface Visit {
  readonly context: RequestContext;
  readonly req: Request;
  readonly res: Response;
}

/** A list is in memory while it is read: each caller has one there at a time. */
async function oneAtATime(
  sending: Set<string>,
  { actor }: RequestContext,
  take: () => Promise<void>,
): Promise<void> {
  const caller = actorIdOf(actor);
  if (caller === null) throw new DomainError('UNAUTHENTICATED');
  if (sending.has(caller)) throw new DomainError('RATE_LIMITED', { retryAfterSeconds: 5 });
  sending.add(caller);
  await take().finally(() => sending.delete(caller));
}

async function sendExport(
  { work, assignedIdExports }: AssignedIdFilesParts,
  { context, req, res }: Visit,
  format: ExportFormat,
): Promise<void> {
  const filter = filterIn(req);
  const id = String(req.params['id']);
  const { chunks } = await assignedIdExports.open(work.read(context), id, { format, filter });
  res.setHeader('content-type', TYPES[format]);
  res.setHeader('content-disposition', `attachment; filename="assigned-ids.${format}"`);
  await sendFile(Readable.from(chunks, { highWaterMark: 1 }), res);
}

/** All of the list is here before a transaction begins: whoever sends slowly keeps nobody waiting. */
async function takeConfirmations(
  { work, limits, confirmationLists }: AssignedIdFilesParts,
  { context, req, res }: Visit,
): Promise<void> {
  await limits.take('assigned-ids/list', actorIdOf(context.actor) ?? '');
  if (!isPlainCsv(req)) {
    sendProblem(res, new DomainError('INVALID_INPUT', { contentType: 'text/csv' }), 415);
    return;
  }
  const projectId = textIn(req, 'projectId');
  if (projectId === undefined) throw invalidInput('projectId', 'It must not be empty.');
  const dryRun = flagIn(req, 'dryRun');
  hangUpAfterAnswer(req, res);
  const list = await readConfirmations(bytesOf(req)).catch((error: unknown) => {
    if (!isTooLarge(error)) throw error;
    sendProblem(res, error, 413);
    return undefined;
  });
  if (list === undefined) return;
  const outcome = await work.change(context, (scope) =>
    confirmationLists.apply(scope, projectId, { list, dryRun }),
  );
  res.json(outcome);
}

function filterIn(req: Request): Parameters<AssignedIdExportService['open']>[2]['filter'] {
  const asked = textIn(req, 'status');
  const status = ASSIGNED_ID_STATUSES.find((known) => known === asked);
  if (asked !== undefined && status === undefined) {
    throw invalidInput('status', `It can be ${ASSIGNED_ID_STATUSES.join(', ')}.`);
  }
  return { status, search: textIn(req, 'search'), notSeenSince: instantIn(req, 'notSeenSince') };
}

/** @throws DomainError INVALID_INPUT where it is there twice */
function textIn({ query }: Request, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidInput(name, 'It must be there once.');
}

function instantIn(req: Request, name: string): Date | undefined {
  const text = textIn(req, name);
  if (text === undefined) return undefined;
  const milliseconds = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(milliseconds)) throw invalidInput(name, 'It must be an instant of RFC 3339.');
  return new Date(milliseconds);
}

function flagIn(req: Request, name: string): boolean {
  const text = textIn(req, name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalidInput(name, 'It can be true or false.');
  return text === 'true';
}

/** RFC 3339 section 5.6, as far as PostgreSQL and people have years. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** In UTF-8. */
function isPlainCsv({ headers }: Request): boolean {
  const { type, charset, isPlain } = contentOf(headers);
  return type === 'text/csv' && isPlain && (charset === undefined || /^utf-?8$/.test(charset));
}

function isTooLarge(error: unknown): error is DomainError {
  return error instanceof DomainError && 'limit' in error.facts;
}
