import type { Activations } from './activations.js';
import type { Imports } from './import.js';
import type { Issuance, Rate } from './issuance.js';
import type { LostRights, LostRightsFigures } from './lost-rights.js';
import type { Queries } from './queries.js';
import type { StartUps } from './start-ups.js';
import type { PollingPages, WaitingPages } from './waiting-pages.js';

export interface Figures {
  readonly issuance: readonly Issuance[];
  readonly activations: readonly (readonly [title: string, Activations])[];
  readonly imports: Imports;
  readonly waiting: readonly WaitingPages[];
  readonly polling: PollingPages;
  readonly lostRights: LostRightsFigures;
  readonly queries: Queries;
  readonly startUps: StartUps;
}

export interface Row {
  readonly what: string;
  readonly measured: string;
  /** Beside what it has to be seen. */
  readonly beside: string;
  readonly aim: string;
}

const TITLE: Row = { what: 'what', measured: 'measured', beside: 'beside', aim: 'aim' };

const ISSUANCE_AIMS = { 'RSA-2048': 0.8, 'P-256': 0.2 } as const;

export function issuanceRows(issuance: Issuance): Row[] {
  const { keyAlgorithm, raw, object, durable, cfssl } = issuance;
  const title = `certificates of the CA object, ${keyAlgorithm}`;
  const beside = `raw crypto.sign ${rate(raw)}: ${ratio(object.perCpuSecond / raw.perCpuSecond)} of it by CPU time, ${ratio(object.perSecond / raw.perSecond)} by the clock`;
  const aim = `≥ ${ISSUANCE_AIMS[keyAlgorithm].toFixed(2)}`;
  const delay = ({ loopDelayMs }: Rate): string => `p99 ${loopDelayMs.toFixed(1)} ms`;
  return [
    { what: title, measured: rate(object), beside, aim },
    {
      what: `${title}: event loop’s delay`,
      measured: delay(object),
      beside: `each stored: ${delay(durable)}`,
      aim: 'p99 < 20 ms',
    },
    {
      what: `${title}, each stored in a transaction of its own`,
      measured: rate(durable),
      beside: `of the CA object: ${ratio(durable.perSecond / object.perSecond)} by the clock`,
      aim: '',
    },
    {
      what: `cfssl serve, ${keyAlgorithm}, which stores nothing`,
      measured: cfssl === null ? 'skipped: golang-cfssl is not installed' : rate(cfssl),
      beside: cfssl === null ? '' : 'over HTTP, the request verified each time',
      aim: '',
    },
  ];
}

function rate({ perSecond, perCpuSecond }: Pick<Rate, 'perSecond' | 'perCpuSecond'>): string {
  return `${whole(perSecond)}/s, ${whole(perCpuSecond)} per CPU second`;
}

export function rowsOf(figures: Figures): Row[] {
  const { issuance, activations, imports, waiting, polling, lostRights, queries, startUps } =
    figures;
  return [
    ...issuance.flatMap(issuanceRows),
    ...activations.flatMap(([title, measured]) => activationRows(title, measured)),
    ...importRows(imports),
    ...waiting.flatMap((pages) => pageRows(pages, polling)),
    {
      what: 'the same page asking every second (GraphQL query, watch token)',
      measured: `${whole(polling.cpuMicros)} µs CPU per page and second`,
      beside: `measured at ${whole(polling.perSecond)} queries/s, scaled`,
      aim: '',
    },
    lostRightsRow('', lostRights.heard),
    lostRightsRow(', no notification arriving', lostRights.unheard),
    {
      what: '`viewer`, session checked in the database',
      measured: `${whole(queries.viewer.perSecond)}/s, ${whole(queries.viewer.cpuMicros)} µs CPU each`,
      beside: `bare graphql-js on node:http ${whole(queries.bare.perSecond)}/s, ${whole(queries.bare.cpuMicros)} µs: ${ratio(queries.viewer.cpuMicros / queries.bare.cpuMicros)} × its CPU`,
      aim: '',
    },
    {
      what: 'start, cold (makes database, CA, administrator)',
      measured: seconds(startUps.coldMs),
      beside: '',
      aim: '≤ 5 s',
    },
    { what: 'start, warm', measured: seconds(startUps.warmMs), beside: '', aim: '≤ 2 s' },
  ];
}

function activationRows(title: string, measured: Activations): Row[] {
  const { perSecond, rawSignaturesPerSecond: raw, latencyMs, cpuMs } = measured;
  const aim = title === 'RSA-2048 CA' ? '≥ 100/s' : '';
  return [
    {
      what: `claim + activate, two certificates, ${title}`,
      measured: `${whole(perSecond)}/s (${whole(2 * perSecond)} certificates/s)`,
      beside: `raw signatures of the CA's key, one core, ${whole(raw)}/s: ${ratio((2 * perSecond) / raw)} of it`,
      aim,
    },
    {
      what: `one of them, ${title}`,
      measured: `p50 ${whole(latencyMs.p50)} ms, p99 ${whole(latencyMs.p99)} ms`,
      beside: `CPU: server ${ratio(cpuMs.server)} ms, database ${ratio(cpuMs.database)} ms, phone ${ratio(cpuMs.phone)} ms`,
      aim: '',
    },
  ];
}

export function importRows(imports: Imports): Row[] {
  const { users, megabytes, first, again, changedAgain, copySeconds } = imports;
  const title = `import of ${users.toLocaleString('en')} users (${megabytes.toFixed(1)} MB of CSV)`;
  const phases = Object.entries(first.phaseSeconds)
    .map(([phase, spent]) => `${phase.toLowerCase()} ${spent.toFixed(1)} s`)
    .join(', ');
  return [
    {
      what: `${title}, each added and invited`,
      measured: `${first.seconds.toFixed(1)} s, ${whole(users / first.seconds)} users/s: ${phases}`,
      beside: `raw COPY of the same lines ${copySeconds.toFixed(2)} s: ${whole(first.seconds / copySeconds)} times that, for nine rows each`,
      aim: '',
    },
    {
      what: `${title}: peak memory`,
      measured: `${whole(first.peakMegabytes)} MB more than before, ${whole(again.peakMegabytes)} MB the second time`,
      beside: '',
      aim: '',
    },
    {
      what: `${title}: the same file again`,
      measured: `${again.seconds.toFixed(1)} s, ${whole(changedAgain)} rows changed`,
      beside: `raw COPY: ${whole(again.seconds / copySeconds)} times that`,
      aim: '0 rows',
    },
  ];
}

function pageRows(pages: WaitingPages, polling: PollingPages): Row[] {
  const name = `${pages.count.toLocaleString('en')} waiting pages`;
  const { delayMs, wholeMs, cpuMicros } = pages;
  const rate = whole(pages.changesPerSecond);
  return [
    { what: `${name}: memory`, measured: `${kb(pages)} each`, beside: '', aim: '≤ 30 kB' },
    {
      what: `${name}: commit to page at ${rate} changes/s`,
      measured: `p50 ${ratio(delayMs.p50)} ms, p99 ${ratio(delayMs.p99)} ms`,
      beside: `with the transaction itself: p50 ${ratio(wholeMs.p50)} ms, p99 ${ratio(wholeMs.p99)} ms`,
      aim: 'p99 < 25 ms',
    },
    {
      what: `${name}: CPU of a page and second`,
      measured: `${ratio(cpuMicros.idle)} µs waiting, ${ratio(cpuMicros.changing)} µs at ${rate} changes/s`,
      beside: `1/${whole(polling.cpuMicros / cpuMicros.idle)} and 1/${whole(polling.cpuMicros / cpuMicros.changing)} of one that polls`,
      aim: '≤ 1/30',
    },
  ];
}

function lostRightsRow(circumstance: string, { pages, closedAfterMs }: LostRights): Row {
  return {
    what: `rule change on one server → ${pages.toLocaleString('en')} pages closed on another${circumstance}`,
    measured: `p50 ${whole(closedAfterMs.p50)} ms, the last ${whole(closedAfterMs.last)} ms`,
    beside: '',
    aim: '< 1 s',
  };
}

/** Columns lined up, for a terminal. */
export function asText(rows: readonly Row[]): string {
  const lines = [TITLE, ...rows].map(cells);
  const widths = [0, 1, 2, 3].map((i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** For the README. */
export function asMarkdown(rows: readonly Row[]): string {
  const [title = '', ...body] = [TITLE, ...rows].map((row) => `| ${cells(row).join(' | ')} |\n`);
  return [title, '|---|---|---|---|\n', ...body].join('');
}

function cells({ what, measured, beside, aim }: Row): string[] {
  return [what, measured, beside, aim];
}

function kb({ kilobytesEach }: WaitingPages): string {
  return `${kilobytesEach.toFixed(1)} kB`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ratio(value: number): string {
  return value >= 10 ? whole(value) : value.toPrecision(2);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
