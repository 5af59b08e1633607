import { Readable } from 'node:stream';
import { Router, type Response } from 'express';
import type { BatchResultService } from '../../../features/enrolment/batch/batch-result.service.js';
import type {
  EnrolmentBatch,
  EnrolmentBatchService,
} from '../../../features/enrolment/batch/enrolment-batch.service.js';
import { printSheets } from '../../../features/qr/sheet.service.js';
import type { RequestContext } from '../../../kernel/actor.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { Scope, UnitOfWork } from '../../../platform/scope.js';
import { guarded, type GuardedParts } from '../guarded-exchange.js';
import { sendFile } from './download.js';

export interface BatchFilesParts extends GuardedParts {
  readonly work: UnitOfWork;
  readonly enrolmentBatches: EnrolmentBatchService;
  readonly batchResults: BatchResultService;
  readonly limits: Pick<RateLimits, 'take'>;
}

const RESOURCE = { resource: '/operator/mobile-id/supply', isChange: false };

/** The results of batches, judged as their orders are: they hold the codes. To be mounted under `/batches`. */
export function batchFiles(parts: BatchFilesParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get(
    '/:id.csv',
    guarded(parts, RESOURCE, (context, req, res) =>
      sendCsv(parts, { context, id: String(req.params['id']), res }),
    ),
  );
  router.get(
    '/:id.pdf',
    guarded(parts, RESOURCE, (context, req, res) =>
      sendSheets(parts, { context, id: String(req.params['id']), res }),
    ),
  );
  return router;
}

interface Asked {
  readonly context: RequestContext;
  readonly id: string;
  readonly res: Response;
}

async function sendCsv(parts: BatchFilesParts, asked: Asked): Promise<void> {
  const { scope, batch } = await batchOf(parts, asked);
  const { enrolmentBatches, batchResults } = parts;
  const { res } = asked;
  await enrolmentBatches.noteDownload(scope, batch, 'csv');
  res.attachment(`mobile-ids-${batch.id}.csv`);
  res.setHeader('content-type', 'text/csv; charset=utf-8; header=present'); // RFC 4180 section 3
  await sendFile(Readable.from(batchResults.csv(scope, batch)), res);
}

async function sendSheets(parts: BatchFilesParts, asked: Asked): Promise<void> {
  const { scope, batch } = await batchOf(parts, asked);
  const { enrolmentBatches, batchResults } = parts;
  const { res } = asked;
  const { project, sheets } = await batchResults.sheets(scope, batch);
  await enrolmentBatches.noteDownload(scope, batch, 'pdf');
  res.type('application/pdf').attachment(`mobile-ids-${batch.id}.pdf`);
  const { language } = project.settings;
  await sendFile(printSheets(sheets, { title: project.name, language, now: scope.now }), res);
}

/** Each file is work, and counted. @throws DomainError NOT_FOUND, RATE_LIMITED */
async function batchOf(
  { work, enrolmentBatches, limits }: BatchFilesParts,
  { context, id }: Asked,
): Promise<{ readonly scope: Scope; readonly batch: EnrolmentBatch }> {
  const scope = work.read(context);
  const batch = await enrolmentBatches.own(scope, id);
  await limits.take('enrolment/batch-file', batch.orderedBy);
  return { scope, batch };
}
