import { randomInt } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../../platform/system-errors.js';
import { DemoProblem } from './problem.js';

/** Without what looks alike: they are typed in by hand. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LETTERS = 4;
const FILE = 'passwords.json';

const contents = z.object({
  alva: z.string(),
  ole: z.string(),
  admin: z.string(),
  /** Of Demo Corp. */
  selma: z.string(),
});
/** Folders of earlier demos know fewer people. */
const kept = contents.partial();

/** By user name. */
export type Passwords = Readonly<z.infer<typeof contents>>;

export function passwordFile(dataDir: string): string {
  return join(dataDir, FILE);
}

/** Those of the first demo on this folder, made there and then; only this user of the machine can read them. */
export async function keptPasswords(dataDir: string): Promise<Passwords> {
  const path = passwordFile(dataDir);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  const known = text === undefined ? {} : parse(path, text);
  const made: Passwords = {
    alva: randomPassword(),
    ole: randomPassword(),
    admin: randomPassword(),
    selma: randomPassword(),
    ...withoutHoles(known),
  };
  if (known.selma !== undefined) return made;
  await write(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

function parse(path: string, text: string): z.infer<typeof kept> {
  try {
    return kept.parse(JSON.parse(text));
  } catch (cause) {
    throw new DemoProblem(`${path} is damaged. Remove its folder to begin anew.`, { cause });
  }
}

/** Appears whole, or not at all. */
async function write(path: string, text: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

function withoutHoles(known: z.infer<typeof kept>): Partial<Passwords> {
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** 79 random bits. */
function randomPassword(): string {
  const letter = (): string => LETTERS.charAt(randomInt(LETTERS.length));
  const group = (): string => Array.from({ length: GROUP_LETTERS }, letter).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
