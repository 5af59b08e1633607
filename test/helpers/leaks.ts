import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DIGITS = /^\d{6}$/;

/** Where a secret of the run stands in its logs or database dumps; each line names the place, never the secret. */
export async function findLeaks(folder: string): Promise<string[]> {
  const secrets = await readSecrets(join(folder, 'secrets.txt'));
  const evidence = join(folder, 'evidence');
  const leaks: string[] = [];
  for (const name of await readdir(evidence)) {
    const text = await readFile(join(evidence, name), 'utf8');
    for (const [i, line] of text.split('\n').entries()) {
      const found = secrets.find((secret) => holds(line, secret));
      if (found !== undefined) {
        leaks.push(`${name}:${String(i + 1)} holds a secret of ${String(found.length)} characters`);
      }
    }
  }
  return leaks;
}

/** A six-digit code counts where it stands alone: not within a time, an id or a hash. */
function holds(line: string, secret: string): boolean {
  if (!line.includes(secret)) return false;
  return !DIGITS.test(secret) || new RegExp(`(?<![\\w.+-])${secret}(?![\\w-])`).test(line);
}

async function readSecrets(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...new Set(text.split('\n'))].filter((line) => line.length >= 6);
}
