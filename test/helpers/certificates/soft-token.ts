import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../processes/embedded-postgres';
import { noteSecret } from '../run';

const run = promisify(execFile);
/** Where Debian's package softhsm2 puts it. */
const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm2.so'];

const COMPILED = resolve(__dirname, '../../../dist/src/features/certificates/pkcs11/token.js');

/** A PKCS #11 token of its own: SoftHSM 2, which keeps it in a temporary folder. */
export class SoftToken {
  constructor(
    readonly folder: string,
    readonly settings: { readonly module: string; readonly token: string; readonly pin: string },
  ) {}

  static async make(): Promise<SoftToken> {
    const module = MODULES.find((file) => existsSync(file));
    if (module === undefined) throw new Error("Install SoftHSM 2 (Debian's package softhsm2).");
    const folder = await makeTemporaryFolder();
    await mkdir(join(folder, 'tokens'));
    const conf = `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`;
    await writeFile(join(folder, 'softhsm2.conf'), conf);
    const pin = randomUUID();
    noteSecret(pin);
    const made = new SoftToken(folder, { module, token: 'signet-test', pin });
    await made.utility(
      '--init-token',
      '--free',
      '--label',
      'signet-test',
      '--pin',
      pin,
      '--so-pin',
      pin,
    );
    return made;
  }

  /** What a process has to be started with to find it. */
  get environment(): { readonly SOFTHSM2_CONF: string } {
    return { SOFTHSM2_CONF: join(this.folder, 'softhsm2.conf') };
  }

  /**
   * Runs a script with an open `token` in a process of its own, as the library reads its environment beside Node.
   * @returns what it prints
   */
  async run(script: string): Promise<string> {
    const program = `const { Token } = require(${JSON.stringify(COMPILED)});
      (async () => {
        const token = await Token.open(JSON.parse(process.env.TOKEN));
        ${script}
        token.close();
      })().catch((error) => { console.error(error); process.exitCode = 1; });`;
    const env = { TOKEN: JSON.stringify(this.settings), ...this.environment };
    const { stdout } = await run(process.execPath, ['-e', program], { env });
    return stdout;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  private async utility(...args: readonly string[]): Promise<void> {
    await run('softhsm2-util', args, { env: { PATH: '/usr/bin:/bin', ...this.environment } });
  }
}
