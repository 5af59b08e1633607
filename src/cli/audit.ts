import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
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
import { readCommand, someText, type Option } from './command-line.js';
import { writePages } from './output.js';
import { ownKeys, withDatabase } from './own-database.js';
import { runCommand } from './run-command.js';

const USAGE = `npm run audit -- verify [--anchor NUMBER:SEAL]
npm run --silent audit -- export [--from INSTANT] [--to INSTANT] [--actor ACTOR] [--target TARGET]

verify  reads the audit log and its seals, and ends with 1 where an entry was changed, added, moved or taken away, or a seal is
        not the server's. --anchor is a seal that an earlier run, or the server's log, has told: it must still be there.
export  writes the entries as JSON lines, oldest first. Instants such as 2026-11-22T01:50:00Z; --to is where it ends, exclusive.

It needs DATABASE_URL and MASTER_KEY, or the DATA_DIR of the server whose log it is.
`;

const INSTANT_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
const ANCHOR: Option<Anchor> = {
  type: 'string',
  takes: 'NUMBER:SEAL, as verify tells it',
  read: parseAnchor,
};
const INSTANT: Option<Date> = {
  type: 'string',
  takes: 'an instant such as 2026-11-22T01:50:00Z',
  read: instantOf,
};
const COMMANDS = {
  options: {
    anchor: ANCHOR,
    from: INSTANT,
    to: INSTANT,
    actor: someText('an actor such as user:admin'),
    target: someText('a target such as user:ID'),
  },
  verbs: {
    verify: { options: ['anchor'] },
    export: { options: ['from', 'to', 'actor', 'target'] },
  },
} as const;

/** The server's own console for the audit log: who can start it has the database anyway, so it asks nobody. */
async function main(args: readonly string[]): Promise<number> {
  const { verb, values } = readCommand(args, COMMANDS);
  const { anchor, ...filter } = values;
  const config = settings();
  return withDatabase(config, async (source) => {
    const scope = await scopeOn(source);
    if (verb === 'export') return writeOut(scope, filter);
    const anchors = [...(anchor === undefined ? [] : [anchor]), ...(await remembered(config))];
    return verify(scope, await ownKeys(config), anchors);
  });
}

function settings(): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR, MASTER_KEY } = process.env;
  return loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY });
}

function instantOf(text: string): Date | undefined {
  const isInstant = INSTANT_FORM.test(text) && !Number.isNaN(Date.parse(text));
  return isInstant ? new Date(text) : undefined;
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

async function writeOut(scope: Scope, filter: ExportFilter): Promise<number> {
  const pages = Readable.from(new AuditExportService().pages(scope, filter), { highWaterMark: 1 });
  await writePages(pages);
  return 0;
}

runCommand({ name: 'audit', usage: USAGE, run: main });
