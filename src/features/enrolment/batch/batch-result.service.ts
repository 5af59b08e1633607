import { actorIdOf } from '../../../kernel/actor.js';
import { BYTE_ORDER_MARK, csvLine } from '../../../platform/csv/csv-line.js';
import { DomainError } from '../../../kernel/errors.js';
import type { Scope } from '../../../platform/scope.js';
import { sheetTexts } from '../../notifications/sheet-text.service.js';
import type { Project, ProjectService } from '../../projects/project.service.js';
import type { Sheet } from '../../qr/sheet.service.js';
import type { UserService, UserSummary } from '../../users/user.service.js';
import type { DeliveryService } from '../invitations/delivery.service.js';
import type { Enrolment, EnrolmentService } from '../enrolment.service.js';
import { canBeScanned } from '../enrolment-status.js';
import { selectItems } from './batch-table.js';
import type { BatchItem, EnrolmentBatch } from './enrolment-batch.service.js';

const PAGE = 200;
const HEADER = [
  'user id',
  'user name',
  'name',
  'result',
  'failure',
  'reason',
  'enrolment id',
  'status',
  'link',
  'can be scanned until',
];

interface Row {
  readonly item: BatchItem;
  readonly user: UserSummary | undefined;
  readonly enrolment: Enrolment | undefined;
  /** What the code on paper says; null where there is none to be printed, or no more. */
  readonly link: string | null;
}

/** What has become of a batch, user by user: read page by page, however many they are. */
export class BatchResultService {
  constructor(
    private readonly ports: {
      readonly enrolments: EnrolmentService;
      readonly delivery: DeliveryService;
      readonly projects: ProjectService;
      readonly users: UserService;
    },
  ) {}

  /** A table for spreadsheets, in UTF-8; with the links, where there are codes to print. */
  async *csv(scope: Scope, batch: EnrolmentBatch): AsyncGenerator<string> {
    yield BYTE_ORDER_MARK + csvLine(HEADER);
    for await (const row of this.rows(scope, batch)) yield csvLine(fieldsOf(row));
  }

  /**
   * A sheet for each code that can be scanned.
   * @throws DomainError CHANNEL_NOT_AVAILABLE where codes go by mail or text message; INVALID_TRANSITION while it is running,
   * and where no code is left
   */
  async sheets(
    scope: Scope,
    batch: EnrolmentBatch,
  ): Promise<{ readonly project: Project; readonly sheets: AsyncGenerator<Sheet> }> {
    if (batch.channel !== 'SCREEN') {
      throw new DomainError('CHANNEL_NOT_AVAILABLE', { channel: batch.channel });
    }
    if (batch.state === 'RUNNING') throw new DomainError('INVALID_TRANSITION', { from: 'RUNNING' });
    const project = await this.ports.projects.get(scope, batch.projectId);
    const sheets = this.eachSheet(scope, batch, project);
    const first = await sheets.next();
    if (first.done === true) throw new DomainError('INVALID_TRANSITION', { reason: 'NO_CODES' });
    return { project, sheets: startingWith(first.value, sheets) };
  }

  private async *eachSheet(
    scope: Scope,
    batch: EnrolmentBatch,
    project: Project,
  ): AsyncGenerator<Sheet> {
    const { language, instructions, appLinks: links } = project.settings;
    const { personalLead, uriLabel, validity } = sheetTexts(language);
    for await (const { link, user, enrolment } of this.rows(scope, batch)) {
      if (link === null || user === undefined || enrolment === undefined) continue;
      yield {
        title: project.name,
        lead: personalLead(user.displayName, user.username),
        uri: link,
        uriLabel,
        instructions: `${instructions}\n\n${validity(user.displayName, enrolment.codeExpiresAt)}`,
        links,
      };
    }
  }

  private async *rows(scope: Scope, batch: EnrolmentBatch): AsyncGenerator<Row> {
    for (let after = 0; ;) {
      const items = await selectItems(scope, batch.id, { after, limit: PAGE });
      const users = await this.ports.users.summariesByIds(
        scope,
        items.map(({ userId }) => userId),
      );
      const enrolments = await Promise.all(items.map((item) => this.enrolmentOf(scope, item)));
      for (const [i, item] of items.entries()) {
        const enrolment = enrolments[i];
        const link = enrolment === undefined ? null : this.linkOf(scope, enrolment);
        yield { item, user: users[i], enrolment, link };
      }
      if (items.length < PAGE) return;
      after = items.at(-1)?.position ?? after;
    }
  }

  private async enrolmentOf(
    scope: Scope,
    { enrolmentId }: BatchItem,
  ): Promise<Enrolment | undefined> {
    return enrolmentId === null ? undefined : this.ports.enrolments.load(scope, enrolmentId);
  }

  /** As the enrolment itself shows it: on screen, as long as it can be scanned, to who has ordered it. */
  private linkOf(scope: Scope, enrolment: Enrolment): string | null {
    const isOwn = enrolment.orderedBy === actorIdOf(scope.actor);
    const isOnShow = enrolment.channel === 'SCREEN' && canBeScanned(enrolment, scope.now);
    return isOwn && isOnShow ? this.ports.delivery.linkOf(enrolment) : null;
  }
}

function fieldsOf({ item, user, enrolment, link }: Row): (string | null)[] {
  const { failureCode, failureReason } = item;
  const until = link === null ? null : (enrolment?.codeExpiresAt.toISOString() ?? null);
  return [
    ...[item.userId, user?.username ?? null, user?.displayName ?? null, item.state],
    ...[failureCode, failureReason, item.enrolmentId, enrolment?.status ?? null, link, until],
  ];
}

async function* startingWith<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
