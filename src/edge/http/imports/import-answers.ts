import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type {
  ImportObserver,
  ImportProgress,
  UserImport,
} from '../../../features/members/import/user-import.service.js';
import { DomainError } from '../../../kernel/errors.js';
import { sendProblem } from '../problem-details.js';

/** How an import is told while it is at work, and at its end. */
export interface ImportAnswer {
  readonly observer: Pick<ImportObserver, 'progress' | 'change'>;
  end(result: UserImport): Promise<void>;
  fail(problem: DomainError): Promise<void>;
}

const TELL_EVERY_MS = 1000;

/** One answer at the end, with a status that `curl --fail` understands. */
export function wholeAnswer(res: ServerResponse): ImportAnswer {
  return {
    observer: {},
    end: (result) => {
      const problem = problemOf(result);
      if (problem !== undefined) sendProblem(res, problem);
      else {
        res.setHeader('cache-control', 'no-store');
        res.setHeader('content-type', 'application/json; charset=utf-8');
        res.end(`${JSON.stringify(result)}\n`);
      }
      return Promise.resolve();
    },
    fail: (problem) => {
      sendProblem(res, problem);
      return Promise.resolve();
    },
  };
}

/**
 * A line of JSON for each step, difference and problem; the last one is the result, or why there is none. Something is said every
 * second, so that no proxy takes the connection for dead.
 */
export class StreamedAnswer implements ImportAnswer {
  private latest: ImportProgress | undefined;
  private told: ImportProgress | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly res: ServerResponse) {}

  readonly observer = {
    progress: (progress: ImportProgress): void => {
      this.begin();
      const isNextPhase = this.told?.phase !== progress.phase;
      this.latest = progress;
      if (isNextPhase) this.tellProgress();
    },
    change: (change: object): Promise<void> => this.write({ type: 'change', ...change }),
  };

  async end(result: UserImport): Promise<void> {
    const problem = problemOf(result);
    for (const each of result.problems) await this.write({ type: 'problem', ...each });
    if (problem !== undefined) await this.fail(problem);
    else await this.finish({ type: 'result', ...result, changes: undefined, problems: undefined });
  }

  async fail(problem: DomainError): Promise<void> {
    if (!this.res.headersSent) {
      clearInterval(this.timer);
      sendProblem(this.res, problem);
      return;
    }
    const { code, message: title, facts } = problem;
    await this.finish({ type: 'error', code, title, ...facts, problems: undefined });
  }

  private begin(): void {
    if (this.timer !== undefined) return;
    this.res.setHeader('cache-control', 'no-store');
    this.res.setHeader('content-type', 'application/x-ndjson; charset=utf-8');
    this.res.setHeader('x-accel-buffering', 'no'); // nginx would keep it to itself until the end
    this.timer = setInterval(() => {
      this.tellProgress();
    }, TELL_EVERY_MS);
    this.res.once('close', () => {
      clearInterval(this.timer);
    });
  }

  /** Who does not read misses some of it. */
  private tellProgress(): void {
    if (this.latest === undefined || this.res.writableNeedDrain) return;
    this.told = this.latest;
    this.res.write(line({ type: 'progress', ...this.latest }));
  }

  private async write(content: object): Promise<void> {
    this.begin();
    if (this.res.destroyed || this.res.write(line(content))) return;
    const gone = new AbortController();
    const stop = (): void => {
      gone.abort();
    };
    this.res.once('close', stop);
    await once(this.res, 'drain', { signal: gone.signal }).catch(() => undefined);
    this.res.off('close', stop);
  }

  private async finish(content: object): Promise<void> {
    await this.write(content);
    clearInterval(this.timer);
    this.res.end();
  }
}

function line(content: object): string {
  return `${JSON.stringify(content)}\n`;
}

function problemOf({
  problems,
  problemCount,
}: Pick<UserImport, 'problems' | 'problemCount'>): DomainError | undefined {
  if (problemCount === 0) return undefined;
  return new DomainError('INVALID_INPUT', {
    problemCount,
    problems: problems.map((problem) => ({ ...problem })),
  });
}
