import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface OpensslAnswer {
  readonly isOk: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real openssl in a folder of its own, which `remove` takes away again. */
export class Openssl {
  private readonly folder = mkdtempSync(join(tmpdir(), 'signet-openssl-'));

  run(...args: string[]): OpensslAnswer {
    const { status, stdout, stderr, error } = spawnSync('openssl', args, {
      cwd: this.folder,
      encoding: 'utf8',
    });
    if (error) throw error;
    return { isOk: status === 0, stdout, stderr };
  }

  /** What openssl prints, when it must succeed. */
  print(...args: string[]): string {
    const { isOk, stdout, stderr } = this.run(...args);
    if (!isOk) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  write(name: string, content: string | Buffer): void {
    writeFileSync(join(this.folder, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
