import { invalidInput } from '../../kernel/errors.js';
import type { ProjectId } from '../../kernel/ids.js';
import type { KeyRing } from '../../kernel/secrets.js';
import type { EventBus } from '../../platform/event-bus/event-bus.js';
import type { Horizon } from '../../platform/database/horizon.js';
import type { Sql } from '../../platform/scope.js';
import { LogStream } from './log-stream.service.js';
import { findIn, pageOf, PRESENT, type ProjectLog } from './project-log.js';
import { ProjectSource } from './project-source.js';
import { StreamCursors, type EventPosition, type LogPosition } from './stream-cursor.js';

export type { LogPosition, ProjectLog };

/** What every event has beside the columns of its log. */
export interface ProjectEvent {
  readonly projectId: ProjectId;
  readonly at: Date;
  /** Where to go on after it: the same at each reading, for its log and project alone. */
  readonly cursor: string;
  readonly position: LogPosition;
}

/** An instant in the life of the logs: what its snapshot sees is past. */
export interface Present extends LogPosition {
  readonly snapshot: string;
}

/** What is asked for: at most `limit` events behind `after`, and where `since` is given, none that was past then. */
export interface Reading {
  readonly after: LogPosition;
  readonly since?: Present | undefined;
  readonly limit?: number;
}

export interface ProjectPage<E> {
  readonly events: readonly (ProjectEvent & E)[];
  /** As many as were asked for: there may be more at once. */
  readonly isFull: boolean;
  /** Number of a transaction whose events are committed, but wait for an older one; null for none. */
  readonly hidden: string | null;
}

/** What one reading takes; a reader has no more in memory. */
const PAGE = 100;
const LAST_NUMBER = '9223372036854775807';

interface Head {
  readonly presentEpoch: number;
  readonly horizon: string;
  readonly hidden: string | null;
}
type Row = Head & EventPosition & { readonly at: Date };

/**
 * Reads the logs of projects in an order that stands, though transactions commit in any: by epoch, transaction and number, and only
 * what lies below the oldest transaction under way. Nothing can come in between there any more, so that what follows a cursor is the
 * same for good: none is lost, none comes twice. What is committed waits until everything older in the cluster is over.
 */
export class ProjectStreamService {
  private readonly cursors: StreamCursors;

  constructor(
    private readonly ports: {
      readonly sql: Sql;
      readonly keys: KeyRing;
      readonly bus: Pick<EventBus, 'listen'>;
      readonly horizon: Pick<Horizon, 'onceBeyond'>;
    },
  ) {
    this.cursors = new StreamCursors(ports.keys);
  }

  /**
   * Each event behind the cursor `after`, or without it each that is committed from now on, as soon as it stands. Never ends by
   * itself. Whether the caller may read it is for the caller to decide.
   * @throws DomainError INVALID_INPUT where `after` is no cursor of this log and project, or the log no longer has its event
   */
  async follow<E extends object>(
    log: ProjectLog,
    projectId: ProjectId,
    after: string | null,
  ): Promise<AsyncIterableIterator<ProjectEvent & E>> {
    const since = after === null ? await this.present() : undefined;
    const position = since ?? (await this.positionOf(log, projectId, after ?? ''));
    const source = new ProjectSource<ProjectEvent & E>({ ...this.ports, projectId }, (from) =>
      this.read<E>(log, projectId, { after: from, since }),
    );
    return new LogStream(source, { position, first: [], isOver: false });
  }

  /**
   * One page of the events behind a position.
   * @throws DomainError INVALID_INPUT where the log ends before that position: it was restored to an earlier time
   */
  async read<E extends object>(
    log: ProjectLog,
    projectId: ProjectId,
    { after, since, limit = PAGE }: Reading,
  ): Promise<ProjectPage<E>> {
    const rows = await this.ports.sql<Row>(`project-stream.read-${log.name}`, pageOf(log), [
      projectId,
      ...[after.epoch, after.xid, after.number],
      ...[since?.epoch ?? null, since?.snapshot ?? null, limit],
    ]);
    const [head] = rows;
    if (head === undefined) throw new Error('The database did not answer.');
    if (isBehind(head, after)) throw foreignCursor();
    const events = rows.flatMap((row) => this.toEvent<E>(log, projectId, row));
    return { events, isFull: events.length === limit, hidden: head.hidden };
  }

  /** The position behind which comes what is committed from now on, if it is also given as `since`. */
  async present(): Promise<Present> {
    const [row] = await this.ports.sql<Omit<Present, 'number'>>(
      'project-stream.present',
      PRESENT,
      [],
    );
    if (row === undefined) throw new Error('The database did not answer.');
    return { ...row, number: LAST_NUMBER };
  }

  /** The position of the event that a cursor names. @throws DomainError INVALID_INPUT as {@link follow} */
  async positionOf(log: ProjectLog, projectId: ProjectId, cursor: string): Promise<LogPosition> {
    const named = this.cursors.read(log.name, projectId, cursor);
    if (named === undefined) throw foreignCursor();
    const { epoch, xid, number, micros } = named;
    const found = await this.ports.sql(`project-stream.find-${log.name}`, findIn(log), [
      projectId,
      ...[epoch, xid, number, micros],
    ]);
    if (found.length === 0) throw foreignCursor();
    return { epoch, xid, number };
  }

  private toEvent<E extends object>(
    { name }: ProjectLog,
    projectId: ProjectId,
    { presentEpoch: _, horizon: __, hidden: ___, ...row }: Row,
  ): (ProjectEvent & E)[] {
    const { epoch, xid, number, micros, ...event } = row;
    if ((number as string | null) === null) return []; // the head alone
    const position = { epoch, xid, number };
    const cursor = this.cursors.write(name, projectId, { ...position, micros });
    return [{ ...(event as typeof event & E), projectId, cursor, position }];
  }
}

/** The horizon has passed every event that was ever given. */
function isBehind({ presentEpoch, horizon }: Head, { epoch, xid }: LogPosition): boolean {
  return presentEpoch < epoch || (presentEpoch === epoch && BigInt(horizon) <= BigInt(xid));
}

function foreignCursor(): Error {
  return invalidInput('after', 'It is no cursor of this subscription.');
}
