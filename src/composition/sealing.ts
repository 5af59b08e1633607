import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Sweeper } from '../edge/jobs/sweeper.js';
import { formatAnchor, parseAnchor, type Anchor } from '../features/audit/audit-chain.js';
import { ForgedSealError } from '../features/audit/audit-seal.service.js';
import { keepLine, readLine } from '../platform/kept-line.js';
import type { Logger } from '../platform/logger.js';
import type { Services } from './services/services.js';

const EVERY_MS = 1000;
/** So many seals at most in one go, so that a long backlog does not hold up the server's end. */
const AT_ONCE = 20;
/** The log holds an anchor for each ten minutes at least, where it is out of the database's reach. */
const SWEEPS_PER_LOG = 600;
/** How often it is looked whether entries have been waiting for their seal for longer than that. */
const SWEEPS_PER_LOOK = 60;
const LONGEST_WAIT_SECONDS = 60;

type Sealer = Pick<Services, 'work' | 'auditSeals'>;

/** Where this server remembers the last seal that it has seen, outside of the database. */
export const anchorFile = (dataDir: string): string => join(dataDir, 'audit.anchor');

/** Seals the audit log behind its writers, once a second. On every instance: whoever is first does it. */
export function startSealing(
  services: Sealer,
  dataDir: string,
  log: Logger,
): { stop(): Promise<void> } {
  const sealing = new Sealing(services, anchorFile(dataDir), log);
  const sweeper = new Sweeper(() => sealing.sweep(), EVERY_MS, log);
  sweeper.start();
  return sweeper;
}

/** Also watches over the chain: the seal last seen must still be there. */
class Sealing {
  private seen: Anchor | undefined;
  private isOpened = false;
  private isContradicted = false;
  private sweepsSinceLog = SWEEPS_PER_LOG;
  private sweepsSinceLook = 0;
  private isLate = false;
  private readonly complaints = new Set<string>();

  constructor(
    private readonly services: Sealer,
    private readonly file: string,
    private readonly log: Logger,
  ) {}

  async sweep(): Promise<void> {
    if (!this.isOpened) await this.open();
    const { work, auditSeals } = this.services;
    const request = await work.systemRequest('audit-seals', randomUUID());
    if (this.seen !== undefined && !(await auditSeals.holds(work.read(request), this.seen))) {
      const { number } = this.seen;
      this.complain(`Seal ${number} of the audit log is gone, or another: see audit verify`);
      this.isContradicted = true;
    }
    const last = await this.seal().catch((error: unknown) => {
      if (!(error instanceof ForgedSealError)) throw error;
      this.complain(error.message);
      return undefined;
    });
    if (last !== undefined) await this.remember(last);
    if (++this.sweepsSinceLook >= SWEEPS_PER_LOOK) await this.look();
  }

  /** What is not sealed could be changed unnoticed, so nobody must be able to keep it so in silence. */
  private async look(): Promise<void> {
    this.sweepsSinceLook = 0;
    const { work, auditSeals } = this.services;
    const request = await work.systemRequest('audit-seals', randomUUID());
    const waiting = await auditSeals.waiting(work.read(request));
    const isLate = waiting !== undefined && waiting.seconds > LONGEST_WAIT_SECONDS;
    if (isLate && !this.isLate) {
      const { since } = waiting;
      this.log.error({ since }, 'audit entries are not sealed: is a transaction left open?');
    }
    if (!isLate && this.isLate) this.log.info('audit entries are sealed again');
    this.isLate = isLate;
  }

  private async open(): Promise<void> {
    const line = await readLine(this.file).catch(() => undefined);
    this.seen = line === undefined ? undefined : parseAnchor(line);
    this.isOpened = true;
  }

  private async seal(): Promise<Anchor | undefined> {
    const { work, auditSeals } = this.services;
    let last: Anchor | undefined;
    for (let made = 0; made < AT_ONCE; made++) {
      const request = await work.systemRequest('audit-seals', randomUUID());
      const anchor = await work.change(request, (scope) => auditSeals.sealNext(scope));
      if (anchor === null) break;
      last = anchor;
    }
    return last;
  }

  private async remember(anchor: Anchor): Promise<void> {
    this.seen = anchor;
    if (!this.isContradicted) await this.keep(anchor);
    if (++this.sweepsSinceLog < SWEEPS_PER_LOG) return;
    this.sweepsSinceLog = 0;
    this.log.info({ anchor: formatAnchor(anchor) }, 'audit log sealed');
  }

  /** Never over one that the chain has contradicted: it is what shows so. */
  private async keep(anchor: Anchor): Promise<void> {
    await keepLine(this.file, formatAnchor(anchor)).catch((error: unknown) => {
      this.complain('The last seal of the audit log cannot be remembered under DATA_DIR', error);
    });
  }

  /** Once, however long it lasts. */
  private complain(message: string, error?: unknown): void {
    if (this.complaints.has(message)) return;
    this.complaints.add(message);
    this.log.error({ error }, message);
  }
}
