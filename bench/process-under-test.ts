import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 5;
const PROBE = join(__dirname, 'probe.js');

/** A server in a process of its own, which tells what it uses. */
export class ProcessUnderTest {
  private constructor(
    private readonly child: ChildProcess,
    readonly readyAfterMs: number,
  ) {}

  /** Resolves when `readyUrl` answers 200. The process sees `environment` and nothing else. */
  static async start(
    script: string,
    options: {
      readonly arguments?: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly logFile: string;
      readonly readyUrl: string;
    },
  ): Promise<ProcessUnderTest> {
    const log = openSync(options.logFile, 'a');
    const startedAt = performance.now();
    const own = ['--expose-gc', '--require', PROBE, script];
    const child = spawn(process.execPath, [...own, ...(options.arguments ?? [])], {
      env: { ...options.environment },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    while (!(await answers(options.readyUrl))) {
      const waitedMs = performance.now() - startedAt;
      if (child.exitCode !== null || waitedMs > READY_WITHIN_MS) {
        child.kill();
        throw new Error(`${script} did not get ready; see ${options.logFile}.`);
      }
      await pause(ASK_EVERY_MS);
    }
    return new ProcessUnderTest(child, performance.now() - startedAt);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('It was not started.');
    return this.child.pid;
  }

  /** User and system time since its start. */
  async cpuMicros(): Promise<number> {
    return (await this.ask('cpu')).cpuMicros;
  }

  /** Resident memory after a full garbage collection. */
  async rssBytes(): Promise<number> {
    return (await this.ask('memory')).rssBytes;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  private async ask(question: 'cpu' | 'memory'): Promise<Usage> {
    const answer = once(this.child, 'message');
    this.child.send(question);
    const [usage] = (await answer) as [Usage];
    return usage;
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}
