import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../kernel/startup-error.js';
import { hasCode } from './system-errors.js';

const FILE = 'master.key';
const BYTES = 32;

/** The key under DATA_DIR, made where there is none: a file for its owner only, whole or not there at all. */
export async function keptMasterKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, FILE);
  const known = await readKey(path);
  if (known !== undefined) return known;
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(BYTES).toString('base64')}\n`);
    await file.sync();
    await link(draft, path).catch(ignoreExisting);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  const made = await readKey(path);
  if (made === undefined) throw new Error(`${path} could not be written.`);
  return made;
}

async function readKey(path: string): Promise<Buffer | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== BYTES) {
    throw new StartupError(`${path} must hold ${String(BYTES)} bytes in base64.`);
  }
  return key;
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}
