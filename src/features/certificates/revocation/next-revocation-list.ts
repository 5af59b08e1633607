import { HOUR_MS } from '../../../kernel/durations.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { ListedAuthority } from '../authorities/authority-directory.service.js';
import { encodeEntries, type RevokedEntry, signRevocationList } from '../x509/revocation-list.js';
import { wholeSeconds } from '../x509/validity.js';

type EntryRow = RevokedEntry & { readonly notAfter: Date };
type AuthorityRow = Omit<RevokedEntry, 'serialNumber'> & { readonly id: string };

interface LastList {
  readonly number: string;
  readonly thisUpdate: Date;
  /** When the last one was made because it was time, and not because something had changed. */
  readonly scheduledAt: Date;
}

/** Whose list is due, whom it has certified, and the list before. */
interface ListOrder {
  readonly authority: ListedAuthority;
  readonly below: readonly ListedAuthority[];
  readonly last: LastList | 'none';
}

/** RFC 5280 5.1.2.5: by then there is another list. Half of it is left for who could not fetch one, or for a server that stood still. */
const VALID_HOURS = 24;
export const EVERY_HOURS = 12;
/** Entries are read and written in portions, so that neither the memory nor the event loop is held by a long list. */
const PORTION = 500;

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

/** The newest list, which nobody else can replace until the transaction ends. */
export async function lockList(
  scope: ChangeScope,
  authorityId: string,
): Promise<LastList | 'none' | 'taken'> {
  const [lock] = await scope.sql<{ taken: boolean }>(
    'revocation-list.lock',
    `SELECT pg_try_advisory_xact_lock(hashtextextended('signet revocation list ' || $1, 0)) AS taken`,
    [authorityId],
  );
  if (lock?.taken !== true) return 'taken';
  const [last] = await scope.sql<LastList>(
    'revocation-list.last',
    `SELECT number, this_update AS "thisUpdate", scheduled_at AS "scheduledAt"
     FROM revocation_list WHERE authority_id = $1`,
    [authorityId],
  );
  if (last === undefined) return 'none';
  // Another instance may have published since this one has looked: two lists within one second could not be told apart by their time.
  return wholeSeconds(scope.now) > last.thisUpdate ? last : 'taken';
}

/** @returns its number */
export async function publishNext(scope: ChangeScope, order: ListOrder): Promise<string> {
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
