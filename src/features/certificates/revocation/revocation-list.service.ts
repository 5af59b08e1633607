import { randomUUID } from 'node:crypto';
import type { CertificateId } from '../../../kernel/ids.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import { encodeEntries, type RevokedEntry, signRevocationList } from '../x509/revocation-list.js';
import { Outages } from './outages.js';
import type { AuthorityDirectory, ListedAuthority } from './authority-directory.service.js';

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
type EntryRow = RevokedEntry & { readonly notAfter: Date };
type AuthorityRow = Omit<RevokedEntry, 'serialNumber'> & { readonly id: string };
type Listed = Omit<PublishedList, 'der' | 'now'> & { readonly scheduledAt: Date };

/** RFC 5280 5.1.2.5: by then there is another list. Half of it is left for who could not fetch one, or for a server that stood still. */
const VALID_HOURS = 24;
const EVERY_HOURS = 12;
const HOUR_MS = 3_600_000;
/** Entries are read and written in portions, so that neither the memory nor the event loop is held by a long list. */
const PORTION = 500;

const DUE = `
  SELECT a.id, now() AS now FROM certificate_authority a LEFT JOIN revocation_list l ON l.authority_id = a.id
  WHERE l.authority_id IS NULL OR l.scheduled_at <= now() - make_interval(hours => $1)
     OR (l.this_update <= now() - interval '1 second'
         AND EXISTS (SELECT 1 FROM revocation_change c WHERE c.authority_id = a.id))`;

const ENTRIES = `
  SELECT serial_number AS "serialNumber", revoked_at AS "revokedAt", revocation_reason AS reason, not_after AS "notAfter"
  FROM certificate
  WHERE issuer_id = $1 AND revoked_at IS NOT NULL AND (not_after, serial_number) > ($2, $3)
  ORDER BY not_after, serial_number LIMIT $4`;

const STORE = `
  INSERT INTO revocation_list (authority_id, number, this_update, next_update, scheduled_at, der)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (authority_id) DO UPDATE SET number = $2, this_update = $3, next_update = $4, scheduled_at = $5, der = $6
  WHERE revocation_list.number = $2 - 1
  RETURNING authority_id`;

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

interface ListOrder {
  readonly authority: ListedAuthority;
  readonly below: readonly ListedAuthority[];
  readonly last: Listed | 'none';
}

/** The newest list, which nobody else can replace until the transaction ends. */
async function lockList(
  scope: ChangeScope,
  authorityId: string,
): Promise<Listed | 'none' | 'taken'> {
  const [lock] = await scope.sql<{ taken: boolean }>(
    'revocation-list.lock',
    `SELECT pg_try_advisory_xact_lock(hashtextextended('signet revocation list ' || $1, 0)) AS taken`,
    [authorityId],
  );
  if (lock?.taken !== true) return 'taken';
  const [last] = await scope.sql<Listed>(
    'revocation-list.last',
    `SELECT number, this_update AS "thisUpdate", next_update AS "nextUpdate", scheduled_at AS "scheduledAt"
     FROM revocation_list WHERE authority_id = $1`,
    [authorityId],
  );
  if (last === undefined) return 'none';
  // Another instance may have published since this one has looked: two lists within one second could not be told apart by their time.
  return wholeSeconds(scope.now) > last.thisUpdate ? last : 'taken';
}

/** @returns its number */
async function publishNext(scope: ChangeScope, order: ListOrder): Promise<string> {
  const { authority, last } = order;
  const thisUpdate = wholeSeconds(scope.now);
  const nextUpdate = new Date(thisUpdate.getTime() + VALID_HOURS * HOUR_MS);
  const scheduledAt = last === 'none' ? thisUpdate : last.scheduledAt;
  const isScheduled = thisUpdate.getTime() - scheduledAt.getTime() >= EVERY_HOURS * HOUR_MS;
  const number = last === 'none' ? 1n : BigInt(last.number) + 1n;
  const entries = [
    ...(await holderEntries(scope, order, thisUpdate)),
    ...(await authorityEntries(scope, order, thisUpdate)),
  ];
  const der = await signRevocationList(await authority.signer(), {
    number,
    thisUpdate,
    nextUpdate,
    entries,
  });
  const stored = await scope.sql('revocation-list.store', STORE, [
    authority.id,
    number.toString(),
    thisUpdate,
    nextUpdate,
    isScheduled ? thisUpdate : scheduledAt,
    der,
  ]);
  if (stored.length === 0) throw new Error(`List ${number.toString()} was published elsewhere.`);
  return number.toString();
}

/** From when on an entry counts. RFC 5280 3.3: it stays until it was on one scheduled list issued past its notAfter. */
function entriesSince({ last }: ListOrder): Date {
  return last === 'none' ? new Date(0) : last.scheduledAt;
}

/** Encoded, in portions. */
async function holderEntries(
  scope: ChangeScope,
  order: ListOrder,
  thisUpdate: Date,
): Promise<Buffer[]> {
  const portions: Buffer[] = [];
  let after = { notAfter: entriesSince(order), serialNumber: '' };
  for (;;) {
    const rows = await scope.sql<EntryRow>('revocation-list.entries', ENTRIES, [
      order.authority.id,
      after.notAfter,
      after.serialNumber,
      PORTION,
    ]);
    const last = rows.at(-1);
    if (last === undefined) return portions;
    portions.push(encoded(rows, thisUpdate));
    if (rows.length < PORTION) return portions;
    after = last;
  }
}

/** Authorities below a root. */
async function authorityEntries(
  scope: ChangeScope,
  order: ListOrder,
  thisUpdate: Date,
): Promise<Buffer[]> {
  const since = entriesSince(order);
  const below = new Map(order.below.map((authority) => [authority.id, authority]));
  const revoked = await scope.sql<AuthorityRow>(
    'revocation-list.authorities',
    `SELECT id, revoked_at AS "revokedAt", revocation_reason AS reason FROM certificate_authority
     WHERE id = ANY($1) AND revoked_at IS NOT NULL`,
    [[...below.keys()]],
  );
  const entries = revoked.flatMap(({ id, ...rest }) => {
    const authority = below.get(id);
    return authority === undefined || authority.validity.notAfter < since
      ? []
      : [{ serialNumber: authority.serialNumber, ...rest }];
  });
  return entries.length === 0 ? [] : [encoded(entries, thisUpdate)];
}

/** Nothing is said to have been revoked after the list was made, by the fraction of a second that both were under way. */
function encoded(entries: readonly RevokedEntry[], thisUpdate: Date): Buffer {
  return encodeEntries(
    entries.map(({ serialNumber, revokedAt, reason }) => ({
      serialNumber,
      reason,
      revokedAt: revokedAt < thisUpdate ? revokedAt : thisUpdate,
    })),
  );
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
