import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Shorter ones would be found everywhere. */
const SHORTEST = 6;
const DIGITS = /^\d{6,8}$/;

/** Where a secret of the run stands in its logs or database dumps; each line names the place, never the secret. */
export async function findLeaks(folder: string): Promise<string[]> {
  const secrets = new Secrets(await readSecrets(join(folder, 'secrets.txt')));
  const evidence = join(folder, 'evidence');
  const leaks: string[] = [];
  for (const name of await readdir(evidence)) {
    const text = await readFile(join(evidence, name), 'utf8');
    for (const [i, line] of text.split('\n').entries()) {
      const found = secrets.firstIn(line);
      if (found !== undefined) {
        leaks.push(`${name}:${String(i + 1)} holds a secret of ${String(found.length)} characters`);
      }
    }
  }
  return leaks;
}

/** Many thousands, of which any is found in one pass over a line: by how they begin. */
class Secrets {
  private readonly beginnings = new Uint8Array(0x10000);
  private readonly byBeginning = new Map<string, string[]>();

  constructor(secrets: readonly string[]) {
    for (const secret of secrets) {
      const beginning = secret.slice(0, SHORTEST);
      this.beginnings[spotOf(secret, 0)] = 1;
      this.byBeginning.set(beginning, [...(this.byBeginning.get(beginning) ?? []), secret]);
    }
  }

  firstIn(line: string): string | undefined {
    for (let at = 0; at + SHORTEST <= line.length; at += 1) {
      if (this.beginnings[spotOf(line, at)] !== 1) continue;
      const candidates = this.byBeginning.get(line.slice(at, at + SHORTEST)) ?? [];
      const found = candidates.find((secret) => standsAt(line, at, secret));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function spotOf(text: string, at: number): number {
  const [a, b, c] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
  return ((a * 31 + b) * 31 + c) & 0xffff;
}

/** A code of digits counts where it stands alone: not within a time, an id or a hash. */
function standsAt(line: string, at: number, secret: string): boolean {
  if (!line.startsWith(secret, at)) return false;
  if (!DIGITS.test(secret)) return true;
  return !/[\w.+-]/.test(line.charAt(at - 1)) && !/[\w-]/.test(line.charAt(at + secret.length));
}

async function readSecrets(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...new Set(text.split('\n'))].filter((line) => line.length >= SHORTEST);
}
