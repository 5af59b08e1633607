import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { anchorFile } from '../composition/sealing.js';
import { loadConfig, type Config } from '../config.js';
import { formatAnchor, parseAnchor, type Anchor } from '../features/audit/audit-chain.js';
import { AuditExportService, type ExportFilter } from '../features/audit/audit-export.service.js';
import { AuditSealService } from '../features/audit/audit-seal.service.js';
import {
  AuditVerificationService,
  type AuditReport,
} from '../features/audit/audit-verification.service.js';
import type { KeyRing } from '../kernel/secrets.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { readLine } from '../platform/kept-line.js';
import { UnitOfWork, type Scope } from '../platform/scope.js';
import { hasCode } from '../platform/system-errors.js';
import { ownKeys, withDatabase } from './own-database.js';
import { runCommand } from './run-command.js';

const USAGE = `npm run audit -- verify [--anchor NUMBER:SEAL]
npm run --silent audit -- export [--from INSTANT] [--to INSTANT] [--actor ACTOR] [--target TARGET]

verify  reads the audit log and its seals, and ends with 1 where an entry was changed, added, moved or taken away, or a seal is
        not the server's. --anchor is a seal that an earlier run, or the server's log, has told: it must still be there.
export  writes the entries as JSON lines, oldest first. Instants such as 2026-11-22T01:50:00Z; --to is where it ends, exclusive.

It needs DATABASE_URL and MASTER_KEY, or the DATA_DIR of the server whose log it is.
`;

const OPTIONS = {
  anchor: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  actor: { type: 'string' },
  target: { type: 'string' },
} as const;
const ALLOWED = { verify: ['anchor'], export: ['from', 'to', 'actor', 'target'] } as const;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

type Values = { readonly [Name in keyof typeof OPTIONS]?: string | undefined };
type Order =
  | { readonly verb: 'verify'; readonly anchors: readonly Anchor[] }
  | { readonly verb: 'export'; readonly filter: ExportFilter };

/** The server's own console for the audit log: who can start it has the database anyway, so it asks nobody. */
async function main(args: readonly string[]): Promise<number> {
  const order = orderOf(args);
  if (order === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const config = settings();
  return withDatabase(config, async (source) => {
    const scope = await scopeOn(source);
    if (order.verb === 'export') return writeOut(scope, order.filter);
    return verify(scope, await ownKeys(config), [...order.anchors, ...(await remembered(config))]);
  });
}

function settings(): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR, MASTER_KEY } = process.env;
  return loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY });
}

function orderOf(args: readonly string[]): Order | undefined {
  const parsed = parsedOf(args);
  if (parsed === undefined) return undefined;
  const { verb, values } = parsed;
  if (verb === 'verify') {
    const anchor = parseAnchor(values.anchor ?? '');
    if (values.anchor !== undefined && anchor === undefined) return undefined;
    return { verb, anchors: anchor === undefined ? [] : [anchor] };
  }
  const [from, to] = [instantOf(values.from), instantOf(values.to)];
  if (from === null || to === null) return undefined;
  return { verb, filter: { from, to, actor: values.actor, target: values.target } };
}

function parsedOf(
  args: readonly string[],
): { verb: 'verify' | 'export'; values: Values } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    });
    const [verb, ...others] = positionals;
    if ((verb !== 'verify' && verb !== 'export') || others.length > 0) return undefined;
    const allowed: readonly string[] = ALLOWED[verb];
    return Object.keys(values).every((name) => allowed.includes(name))
      ? { verb, values }
      : undefined;
  } catch {
    return undefined; // parseArgs throws for an option that it does not know
  }
}

/** Null for what is no instant. */
function instantOf(text: string | undefined): Date | undefined | null {
  if (text === undefined) return undefined;
  return INSTANT.test(text) && !Number.isNaN(Date.parse(text)) ? new Date(Date.parse(text)) : null;
}

async function scopeOn(source: DataSource): Promise<Scope> {
  const work = new UnitOfWork(source, new EventHandlers());
  return work.read(await work.systemRequest('console', randomUUID()));
}

/** What the server that has this DATA_DIR saw last. */
async function remembered({ dataDir }: Config): Promise<Anchor[]> {
  const anchor = parseAnchor((await readLine(anchorFile(dataDir))) ?? '');
  return anchor === undefined ? [] : [anchor];
}

async function verify(scope: Scope, keys: KeyRing, anchors: readonly Anchor[]): Promise<number> {
  const verification = new AuditVerificationService(keys, new AuditSealService(keys));
  const report = await verification.verify(scope, anchors);
  process.stdout.write(told(report));
  for (const finding of report.findings) process.stderr.write(`${finding}\n`);
  return report.findings.length === 0 ? 0 : 1;
}

function told({ entries, seals, anchor, findings, ...rest }: AuditReport): string {
  const { unsealed, unsealedSince } = rest;
  const since = unsealedSince === null ? '' : `, since ${unsealedSince}`;
  const verdict = findings.length === 0 ? 'all as they were sealed' : 'NOT as they were sealed';
  const lines = [
    `${String(entries)} entries under ${String(seals)} seals: ${verdict}.`,
    `${String(unsealed)} entries behind the last seal${since}.`,
    ...(anchor === null ? [] : [`Anchor: ${formatAnchor(anchor)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A reader that has seen enough, such as `head`, is no failure. */
async function writeOut(scope: Scope, filter: ExportFilter): Promise<number> {
  const pages = Readable.from(new AuditExportService().pages(scope, filter), { highWaterMark: 1 });
  await pipeline(pages, process.stdout, { end: false }).catch((error: unknown) => {
    if (!hasCode(error, 'EPIPE')) throw error;
  });
  return 0;
}

runCommand(main);
