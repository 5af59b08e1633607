import 'reflect-metadata';
import { measureActivations, type Activations } from './activations.js';
import { describeHost } from './host.js';
import { openDatabase } from './database.js';
import { measureImport, type Imports } from './import.js';
import { measureIssuance, type Issuance } from './issuance.js';
import { measureLostRights } from './lost-rights.js';
import { FULL, QUICK, type BenchPlan } from './options.js';
import { measureQueries } from './queries.js';
import {
  asMarkdown,
  asText,
  importRows,
  issuanceRows,
  rowsOf,
  type Figures,
  type Row,
} from './report.js';
import { withSignet } from './signet.js';
import { measureStartUps } from './start-ups.js';
import { measurePages } from './waiting-pages.js';

/** A mail about each success is what a project does unless it says otherwise; it is counted apart. */
const ACTIVATIONS = [
  { caKey: 'RSA-2048', sendsMails: false },
  { caKey: 'RSA-2048', sendsMails: true },
  { caKey: 'P-256', sendsMails: false },
] as const;

/** `npm run bench`, or with `-- --quick` a small run of everything. It asserts nothing: what is measured is printed. */
async function main(): Promise<void> {
  const isQuick = process.argv.includes('--quick');
  const plan = isQuick ? QUICK : FULL;
  const startedAt = performance.now();
  const host = await withSignet('P-256', async (signet) => {
    const database = await openDatabase(signet);
    await database.close();
    return describeHost(database.version);
  });
  const only = onlyIn(process.argv);
  const figures = only === undefined ? await measure(plan) : undefined;
  const rows = figures === undefined ? await PARTS[only ?? 'issuance'](plan) : rowsOf(figures);
  const durability = figures?.activations[0]?.[1].durability ?? 'fsync as by default';
  const elapsed = ((performance.now() - startedAt) / 1000).toFixed(0);
  const command = `npm run bench${argumentsOf({ isQuick, only })}`;
  say(`\n${asText(rows)}\n${asMarkdown(rows)}\n`);
  say(`\`${command}\`, ${elapsed} s, on ${host}; ${durability}.\n`);
  say(`${NOTES}\n`);
}

const NOTES = `Server, its embedded PostgreSQL and the load share the machine. Rates are medians over windows, latencies over all calls.
Orders are written in bulk before each window; phones make their P-256 keys inside it and check the answer's chain.
Memory is the server's resident memory after a garbage collection, less that before the first
page. CPU is the server process's user and system time; PostgreSQL's own is left out on both sides of the comparison.`;

/** What can be measured alone. */
const PARTS = {
  issuance: async (plan: BenchPlan): Promise<Row[]> =>
    (await measureIssuances(plan)).flatMap((issuance) => issuanceRows(issuance)),
  import: async (plan: BenchPlan): Promise<Row[]> => importRows(await measureImports(plan)),
} as const;
type Part = keyof typeof PARTS;

/** @throws Error for a part that cannot be measured alone */
function onlyIn(args: readonly string[]): Part | undefined {
  const at = args.indexOf('--only');
  if (at < 0) return undefined;
  const part = args[at + 1] ?? '';
  if (!Object.hasOwn(PARTS, part)) {
    throw new Error(`--only takes ${Object.keys(PARTS).join(' or ')}.`);
  }
  return part as Part;
}

function argumentsOf({ isQuick, only }: { isQuick: boolean; only: string | undefined }): string {
  const words = [...(isQuick ? ['--quick'] : []), ...(only === undefined ? [] : ['--only', only])];
  return words.length === 0 ? '' : ` -- ${words.join(' ')}`;
}

async function measureIssuances(plan: BenchPlan): Promise<Issuance[]> {
  const measured: Issuance[] = [];
  for (const keyAlgorithm of ['RSA-2048', 'P-256'] as const) {
    say(`issuance, ${keyAlgorithm} …\n`);
    const once = withSignet(keyAlgorithm, (signet) => measureIssuance(signet, plan, keyAlgorithm));
    measured.push(await once);
  }
  return measured;
}

function measureImports(plan: BenchPlan): Promise<Imports> {
  say('import …\n');
  return withSignet('P-256', (signet) => measureImport(signet, plan));
}

async function measure(plan: BenchPlan): Promise<Figures> {
  say('start-up …\n');
  const startUps = await measureStartUps(plan);
  const issuance = await measureIssuances(plan);
  const activations: [string, Activations][] = [];
  for (const { caKey, sendsMails } of ACTIVATIONS) {
    const title = `${caKey} CA${sendsMails ? ', a mail about each' : ''}`;
    say(`claim and activate, ${title} …\n`);
    const measured = await withSignet(caKey, (signet) =>
      measureActivations(signet, plan, { sendsMails }),
    );
    activations.push([title, measured]);
  }
  const imports = await measureImports(plan);
  say('waiting pages …\n');
  const { waiting, polling } = await withSignet('P-256', (signet) => measurePages(signet, plan));
  say('lost rights …\n');
  const lostRights = await withSignet('P-256', (signet) => measureLostRights(signet, plan));
  say('queries …\n');
  const queries = await withSignet('P-256', (signet) => measureQueries(signet, plan));
  return { issuance, activations, imports, waiting, polling, lostRights, queries, startUps };
}

function say(text: string): void {
  process.stdout.write(text);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
