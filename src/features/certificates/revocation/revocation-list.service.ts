import { randomUUID } from 'node:crypto';
import type { CertificateId } from '../../../kernel/ids.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import { EVERY_HOURS, lockList, publishNext } from './next-revocation-list.js';
import { Outages } from './outages.js';
import type { AuthorityDirectory } from '../authorities/authority-directory.service.js';

export interface PublishedList {
  readonly number: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly der: Buffer;
  /** The database's time. */
  readonly now: Date;
}

interface Due {
  readonly id: string;
  /** The database's time. */
  readonly now: Date;
}

const DUE = `
  SELECT a.id, now() AS now FROM certificate_authority a LEFT JOIN revocation_list l ON l.authority_id = a.id
  WHERE l.authority_id IS NULL OR l.scheduled_at <= now() - make_interval(hours => $1)
     OR (l.this_update <= now() - interval '1 second'
         AND EXISTS (SELECT 1 FROM revocation_change c WHERE c.authority_id = a.id))`;

/** Publishes each authority's revocation list, on any number of instances, each number once. */
export class RevocationListService {
  private readonly newest = new Map<string, Omit<PublishedList, 'now'>>();
  private readonly outages = new Outages();

  constructor(
    private readonly work: UnitOfWork,
    private readonly directory: AuthorityDirectory,
    private readonly audit: AuditService,
  ) {}

  /** Has the issuers of these certificates publish another list once the transaction of `scope` is committed. */
  async noteChanges(scope: ChangeScope, certificateIds: readonly CertificateId[]): Promise<void> {
    await scope.sql(
      'revocation-list.note-changes',
      `INSERT INTO revocation_change (authority_id)
       SELECT DISTINCT issuer_id FROM certificate WHERE id = ANY($1)`,
      [certificateIds],
    );
  }

  /**
   * Publishes every list that is due: none yet, half of its time over, or a status changed. At most one list a second for each.
   * @throws AggregateError while some cannot be published; they are tried again by and by, and do not keep the others waiting
   */
  async publishDue(): Promise<void> {
    const due = await this.work.sql<Due>('revocation-list.due', DUE, [EVERY_HOURS]);
    this.outages.keep(due.map(({ id }) => id));
    for (const one of due) await this.outages.attempt(one.id, () => this.publishOne(one));
    this.outages.refuse('No new revocation list can be published of');
  }

  /** The newest list; undefined where the authority is not known, or has none yet. */
  async find(authorityId: string): Promise<PublishedList | undefined> {
    const known = this.newest.get(authorityId);
    const [row] = await this.work.sql<PublishedList & { der: Buffer | null }>(
      'revocation-list.find',
      `SELECT number, this_update AS "thisUpdate", next_update AS "nextUpdate", now() AS now,
         CASE WHEN number = $2 THEN NULL ELSE der END AS der
       FROM revocation_list WHERE authority_id = $1`,
      [authorityId, known?.number ?? '0'],
    );
    if (row === undefined) return undefined;
    const der = row.der as Buffer | null;
    if (der === null && known !== undefined) return { ...known, now: row.now };
    this.newest.set(authorityId, row);
    return row;
  }

  private async publishOne({ id, now }: Due): Promise<void> {
    const authority = await this.directory.byId(id);
    // Nothing that it has certified outlives it.
    if (authority !== undefined && authority.validity.notAfter > now) await this.publish(id);
  }

  /** Nothing where another instance is at it. */
  private async publish(authorityId: string): Promise<void> {
    const request = await this.work.systemRequest('revocation-lists', randomUUID());
    await this.work.change(request, async (scope) => {
      const last = await lockList(scope, authorityId);
      if (last === 'taken') return;
      // Before anything is read: whatever commits after that leaves its mark for the next list.
      await scope.sql(
        'revocation-list.take-changes',
        'DELETE FROM revocation_change WHERE authority_id = $1',
        [authorityId],
      );
      const authorities = await this.directory.list(scope);
      const authority = authorities.find(({ id }) => id === authorityId);
      if (authority === undefined) return;
      const below = authorities.filter(({ issuerId }) => issuerId === authorityId);
      const number = await publishNext(scope, { authority, below, last });
      await this.audit.record(scope, {
        action: 'revocation-list.publish',
        target: `certificate-authority:${authorityId}`,
        detail: `number ${number}`,
      });
    });
  }
}
