import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Said {
  readonly isOk: boolean;
  /** What it has printed, on both channels. */
  readonly text: string;
}

/** Debian's package of each program, for who has to install it. */
const PACKAGES: Readonly<Record<string, string>> = {
  openssl: 'openssl',
  curl: 'curl',
  certtool: 'gnutls-bin',
  ocsptool: 'gnutls-bin',
  certutil: 'libnss3-tools',
  vfychain: 'libnss3-tools',
};

/** Relying parties' programs in a folder of their own, beside a server in this process that they can reach. */
export class Workbench {
  private constructor(readonly folder: string) {}

  static async open(): Promise<Workbench> {
    return new Workbench(await mkdtemp(join(tmpdir(), 'signet-verifiers-')));
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Buffer): Promise<void> {
    await writeFile(this.path(name), content);
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.path(name));
  }

  /** @throws Error where the program is not installed */
  async run(program: string, ...args: readonly string[]): Promise<Said> {
    const child = spawn(program, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const collect = (chunk: Buffer): void => void (text += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', () => {
        reject(new Error(`Install ${PACKAGES[program] ?? program}: there is no ${program} here.`));
      });
      child.once('close', resolve);
    });
    return { isOk: status === 0, text };
  }

  /** @throws Error with what it has printed, where it fails */
  async do(program: string, ...args: readonly string[]): Promise<string> {
    const { isOk, text } = await this.run(program, ...args);
    if (!isOk) throw new Error(`${program} ${args.join(' ')}: ${text}`);
    return text;
  }
}
