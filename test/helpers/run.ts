import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one run of the whole suite shares; made in `global-setup.ts`, handed to the workers by the environment. */
export interface TestRun {
  /** Folder of this run: secrets used, logs, dumps. */
  readonly folder: string;
  /** Socket folder, port and owner of the run's PostgreSQL. */
  readonly postgres: { readonly host: string; readonly port: number; readonly user: string };
  /** Of every database made from the template. */
  readonly masterKey: string;
  readonly adminPassword: string;
}

const VARIABLE = 'SIGNET_TEST_RUN';
export const TEMPLATE = 'signet_template';

export function publishRun(run: TestRun): void {
  process.env[VARIABLE] = JSON.stringify(run);
}

export function testRun(): TestRun {
  const text = process.env[VARIABLE];
  if (text === undefined) throw new Error('Run these tests by jest, which starts PostgreSQL.');
  return JSON.parse(text) as TestRun;
}

/** Remembers a secret that was used, so that the end of the run can look for it where it must not be. */
export function noteSecret(secret: string): void {
  appendFileSync(join(testRun().folder, 'secrets.txt'), `${secret}\n`);
}

/** Where everything is collected that must hold no secret. */
export function evidenceFile(name: string): string {
  return join(testRun().folder, 'evidence', name);
}

/** As whom servers work: without rights but those granted to it. */
const SERVER_ROLE = 'signet_server';

/** As {@link databaseUrl}, of the role as which servers work. */
export function serverUrl({ postgres }: Pick<TestRun, 'postgres'>, database: string): string {
  return databaseUrl({ postgres: { ...postgres, user: SERVER_ROLE } }, database);
}

/** A connection string for one database of the run. */
export function databaseUrl({ postgres }: Pick<TestRun, 'postgres'>, database: string): string {
  const { host, port, user } = postgres;
  return `postgres://${user}@localhost:${String(port)}/${database}?host=${encodeURIComponent(host)}`;
}
