import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyRing, type KeyPurpose } from '../../src/kernel/secrets';
import type { TestDatabase } from './database';
import { testRun } from './run';

/** Everything that a server holds: its database, and its DATA_DIR where there is one. */
export interface Holder {
  readonly database: Pick<TestDatabase, 'query'>;
  readonly dataDir?: string;
}

export interface Holdings {
  /** Each value of the database as it stands, decoded, and each file. */
  readonly cells: readonly Buffer[];
  /** What MASTER_KEY opens of it. */
  readonly opened: readonly Buffer[];
  readonly privateKeys: readonly KeyObject[];
  readonly secrets: readonly Buffer[];
}

/** Database dump, MASTER_KEY with all that derives from it, and DATA_DIR, as who has stolen all of it would look through it. */
export async function everythingHeld(holder: Holder): Promise<Holdings> {
  const rows = await allCells(holder);
  const cells = [...rows.flatMap(bytesOf), ...(await allFiles(holder))];
  const masterKey = Buffer.from(testRun().masterKey, 'base64');
  const derived = PURPOSES.map((purpose) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `signet/${purpose}`, 32)),
  );
  const ring = new KeyRing(masterKey);
  const contexts = [...new Set(rows.filter((cell) => typeof cell === 'string' && ID.test(cell)))];
  const opened = rows.filter(mayBeSealed).flatMap((cell) =>
    SEALING.flatMap((purpose) =>
      contexts.flatMap((context) => {
        const plain = quietly(() => ring.open(purpose, String(context), cell));
        return plain === undefined ? [] : [plain];
      }),
    ),
  );
  const privateKeys = [...cells, ...opened].flatMap((bytes) => privateKeyIn(bytes) ?? []);
  const secrets = [masterKey, ...derived, ...opened, ...cells].flatMap((bytes) =>
    bytes.length === 32 ? [bytes] : [],
  );
  return { cells, opened, privateKeys, secrets };
}

/** What a sealed value may be bound to. */
const ID = /^[\w-]{16,64}$/;
const SEALING: readonly KeyPurpose[] = [
  'ca-key',
  'oauth-signing-key',
  'prepared-key',
  'saml-key',
  'totp-secret',
];
const PURPOSES: readonly KeyPurpose[] = [
  ...SEALING,
  'enrolment-code',
  'watch-token',
  'device-token',
  'challenge',
];

async function allCells({ database }: Holder): Promise<unknown[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const cells: unknown[] = [];
  for (const { name } of tables) {
    for (const row of await database.query(`SELECT * FROM ${name}`)) {
      cells.push(...Object.values(row));
    }
  }
  return cells;
}

function bytesOf(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  if (value === null || value instanceof Date) return [];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [Buffer.from(text), Buffer.from(text, 'base64url')];
}

async function allFiles({ dataDir: folder }: Holder): Promise<Buffer[]> {
  if (folder === undefined) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
}

function mayBeSealed(cell: unknown): cell is Buffer {
  return Buffer.isBuffer(cell) && cell.length > 28;
}

/** In whichever form it may be written. */
export function privateKeyIn(bytes: Buffer): KeyObject | undefined {
  return (
    quietly(() => createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })) ??
    quietly(() => createPrivateKey({ key: bytes, format: 'der', type: 'sec1' })) ??
    quietly(() => createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' })) ??
    quietly(() => createPrivateKey(bytes)) ??
    quietly(() => createPrivateKey({ key: JSON.parse(String(bytes)), format: 'jwk' }))
  );
}

export function quietly<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
