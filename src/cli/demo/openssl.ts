import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../platform/system-errors.js';

export type Verdict = 'OK' | 'REFUSED' | 'NOT_INSTALLED';

/** Asks the machine's own openssl whether the certificate holds up to the root, for this purpose where one is named. */
export async function verifyWithOpenssl(
  pem: string,
  chain: readonly string[],
  purpose?: string,
): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-demo-'));
  try {
    const file = async (name: string, content: string): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    };
    const args = [
      'verify',
      '-x509_strict',
      ...(purpose === undefined ? [] : ['-purpose', purpose]),
      '-CAfile',
      await file('root.pem', chain.at(-1) ?? ''),
      '-untrusted',
      await file('issuers.pem', chain.slice(0, -1).join('\n')),
      await file('certificate.pem', pem),
    ];
    return await run(args);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): Promise<Verdict> {
  return new Promise((resolve) => {
    execFile('openssl', args, (error) => {
      if (error === null) resolve('OK');
      else resolve(hasCode(error, 'ENOENT') ? 'NOT_INSTALLED' : 'REFUSED');
    });
  });
}
