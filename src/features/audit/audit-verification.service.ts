import { equalSecrets, type KeyRing } from '../../kernel/secrets.js';
import type { Scope } from '../../platform/scope.js';
import {
  anchorOf,
  ENTRY_COLUMNS,
  EntriesDigest,
  macOf,
  SEAL_COLUMNS,
  type Anchor,
  type Seal,
  type SealedEntry,
} from './audit-chain.js';
import type { AuditSealService } from './audit-seal.service.js';

export interface AuditReport {
  readonly entries: number;
  readonly seals: number;
  /** Entries behind the last seal. */
  readonly unsealed: number;
  /** When the first of those was written. */
  readonly unsealedSince: string | null;
  /** The last seal; null where there is none. */
  readonly anchor: Anchor | null;
  /** What is not as it was sealed, in words; the first hundred. */
  readonly findings: readonly string[];
}

const MOST_FINDINGS = 100;
const PAGE = 500;
const BEFORE_ALL = '-9223372036854775808';

const SEALS = `SELECT ${SEAL_COLUMNS} FROM audit_seal WHERE number > $1 ORDER BY audit_seal.number LIMIT ${String(PAGE)}`;
const ENTRIES = `
  SELECT ${ENTRY_COLUMNS} FROM audit_entry WHERE id > $1 AND id <= $2 ORDER BY audit_entry.id LIMIT ${String(PAGE)}`;
const UNSEALED = 'SELECT count(*)::int AS count FROM audit_entry WHERE id > $1';

/** Reads the whole log and its seals, a page at a time, and says what does not fit. */
export class AuditVerificationService {
  constructor(
    private readonly keys: KeyRing,
    private readonly seals: Pick<AuditSealService, 'holds' | 'waiting'>,
  ) {}

  /** @param anchors seals that are known from elsewhere to have been there */
  async verify(scope: Scope, anchors: readonly Anchor[] = []): Promise<AuditReport> {
    const findings = new Findings();
    let last: Seal | undefined;
    const counted = { entries: 0, seals: 0 };
    for await (const seal of this.chain(scope)) {
      this.checkLink(seal, last, findings);
      counted.entries += await this.checkEntries(scope, seal, { last, findings });
      counted.seals++;
      last = seal;
    }
    for (const anchor of anchors) {
      if (await this.seals.holds(scope, anchor)) continue;
      findings.add(`Seal ${anchor.number}, known from elsewhere, is missing or another.`);
    }
    return {
      ...counted,
      ...(await this.behind(scope, last)),
      anchor: last === undefined ? null : anchorOf(last),
      findings: findings.list,
    };
  }

  private async behind(
    scope: Scope,
    last: Seal | undefined,
  ): Promise<Pick<AuditReport, 'unsealed' | 'unsealedSince'>> {
    const after = last?.lastEntry ?? BEFORE_ALL;
    const [row] = await scope.sql<{ count: number }>('audit.unsealed', UNSEALED, [after]);
    const waiting = await this.seals.waiting(scope);
    return { unsealed: row?.count ?? 0, unsealedSince: waiting?.since ?? null };
  }

  private async *chain(scope: Scope): AsyncGenerator<Seal> {
    let after = BEFORE_ALL;
    for (;;) {
      const page = await scope.sql<Seal>('audit.seals', SEALS, [after]);
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.number;
    }
  }

  private checkLink(seal: Seal, before: Seal | undefined, findings: Findings): void {
    const expected = String(BigInt(before?.number ?? 0) + 1n);
    if (seal.number !== expected) {
      findings.add(`Seal ${expected} is missing: the next one there is ${seal.number}.`);
    }
    if (!equalSecrets(seal.seal, macOf(this.keys, seal, before))) {
      findings.add(
        `Seal ${seal.number} was changed, made with another key, or the one before it is not the one it follows.`,
      );
    }
  }

  /** @returns how many there are */
  private async checkEntries(
    scope: Scope,
    seal: Seal,
    { last, findings }: { readonly last: Seal | undefined; readonly findings: Findings },
  ): Promise<number> {
    const hash = new EntriesDigest();
    let first: string | undefined;
    let after = last?.lastEntry ?? BEFORE_ALL;
    for (;;) {
      const page = await scope.sql<SealedEntry>('audit.entries', ENTRIES, [after, seal.lastEntry]);
      for (const entry of page) hash.add(entry);
      first ??= page[0]?.id;
      const end = page.at(-1);
      if (end === undefined) break;
      after = end.id;
    }
    findings.compare(seal, hash, first);
    return hash.entries;
  }
}

class Findings {
  readonly list: string[] = [];

  add(finding: string): void {
    if (this.list.length < MOST_FINDINGS) this.list.push(finding);
  }

  /** @param first number of the first entry there is */
  compare(seal: Seal, hash: EntriesDigest, first: string | undefined): void {
    const range = `Entries ${first ?? '?'} to ${seal.lastEntry} (seal ${seal.number}, ${seal.sealedAt})`;
    if (hash.entries !== seal.entries) {
      const change = hash.entries < seal.entries ? 'missing' : 'added';
      const count = String(Math.abs(hash.entries - seal.entries));
      this.add(`${range}: ${count} of ${String(seal.entries)} sealed ones ${change}.`);
    } else if (!equalSecrets(hash.digest(), seal.digest)) {
      this.add(`${range}: at least one is not as it was sealed.`);
    }
  }
}
