import type { RequestContext } from '../../../kernel/actor.js';
import { parseId, type ProfileId, type ProjectId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import { windowDays } from './renewal-window.js';

interface Reminded {
  readonly id: string;
  readonly profileId: ProfileId;
  readonly projectId: ProjectId;
  readonly days: number;
}

/** What a mail about a mobile ID says, read when it is sent. */
export interface MobileIdNotice {
  readonly address: string;
  readonly displayName: string;
  readonly profileName: string;
  readonly deviceName: string;
  readonly projectName: string;
  readonly serverName: string;
  readonly endsAt: Date;
}

export interface ReminderNotice extends MobileIdNotice {
  readonly daysLeft: number;
  /** Of the phone page. */
  readonly link: string;
}

/** One transaction's share: what a process that dies has not told, the next one finds. */
const BATCH = 50;
const DAY = `interval '24 hours'`;

/** The certificate that is to be renewed: valid, and no newer one of its kind has taken its place. */
const IS_LAST = `c.status = 'VALID' AND c.not_after > now() AND NOT EXISTS (
  SELECT 1 FROM certificate n WHERE n.profile_id = c.profile_id AND n.kind = c.kind AND n.status = 'VALID'
    AND n.not_after > c.not_after)`;

/**
 * Notes what is due. The smallest of the project's days that has come is told, so that whoever was not there on a day still
 * hears once. Two instances at the same row: the second waits for the first, and then inserts nothing.
 */
const REMIND = `
  WITH plan AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS p(project_id uuid, days int[], daily boolean, window_days int)),
  ending AS (
    SELECT c.profile_id, min(c.not_after) AS ends_at
    FROM certificate c JOIN profile p ON p.id = c.profile_id JOIN plan ON plan.project_id = p.project_id
      JOIN app_user u ON u.id = p.user_id
    WHERE c.not_after <= now() + $2 * ${DAY} AND ${IS_LAST}
      AND now() >= c.not_after - least(plan.window_days * ${DAY}, (c.not_after - c.not_before) / 2)
      AND p.state = 'ACTIVE' AND p.valid_to > now() AND u.state = 'ACTIVE' AND u.email IS NOT NULL
    GROUP BY c.profile_id),
  stage AS (
    SELECT e.profile_id, e.ends_at, ceil(extract(epoch FROM e.ends_at - now()) / 86400)::int AS days_left, plan.days,
      plan.daily
    FROM ending e JOIN profile p ON p.id = e.profile_id JOIN plan ON plan.project_id = p.project_id),
  due AS (
    SELECT profile_id, ends_at,
      CASE WHEN daily AND days_left < (SELECT min(d) FROM unnest(days) AS d) THEN days_left
        ELSE (SELECT min(d) FROM unnest(days) AS d WHERE d >= days_left) END AS days
    FROM stage)
  INSERT INTO expiry_reminder (id, profile_id, ends_at, days, reminded_at)
  SELECT gen_random_uuid(), d.profile_id, d.ends_at, d.days, now() FROM due d
  WHERE d.days IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM expiry_reminder r WHERE r.profile_id = d.profile_id AND r.ends_at = d.ends_at AND r.days = d.days)
  ORDER BY d.ends_at, d.profile_id LIMIT $3
  ON CONFLICT DO NOTHING RETURNING id, profile_id AS "profileId", days,
    (SELECT p.project_id FROM profile p WHERE p.id = expiry_reminder.profile_id) AS "projectId"`;

const NOTICE = `u.email AS address, u.display_name AS "displayName", p.name AS "profileName", d.name AS "deviceName",
  j.name AS "projectName", p.server_name AS "serverName"`;
const NOTICE_TABLES = `profile p JOIN app_user u ON u.id = p.user_id JOIN device d ON d.id = p.device_id
  JOIN project j ON j.id = p.project_id`;
const MAY_BE_TOLD = `p.state = 'ACTIVE' AND p.valid_to > now() AND u.state = 'ACTIVE' AND u.email IS NOT NULL`;

/** Reminds holders, by mail, that a mobile ID runs out: each day of a project's list once, on any number of instances. */
export class ExpiryReminderService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly projects: ProjectService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
      readonly publicUrl: string;
    },
  ) {}

  /** All that is due, a batch at a time. The note and the mail's place in the outbox commit together. */
  async remind(request: RequestContext): Promise<void> {
    let found: number;
    do found = await this.ports.work.change(request, (scope) => this.remindBatch(scope));
    while (found > 0);
  }

  /** Null where there is nothing to say any more: it is over, or was renewed. */
  async reminder(scope: Scope, id: string): Promise<ReminderNotice | null> {
    const reminderId = parseId(id);
    if (reminderId === undefined) return null;
    const [row] = await scope.sql<Omit<ReminderNotice, 'link'>>(
      'expiry-reminder.notice',
      `SELECT ${NOTICE}, r.ends_at AS "endsAt", ceil(extract(epoch FROM r.ends_at - now()) / 86400)::int AS "daysLeft"
       FROM expiry_reminder r JOIN ${NOTICE_TABLES} ON p.id = r.profile_id
       WHERE r.id = $1 AND ${MAY_BE_TOLD} AND r.ends_at > now() AND EXISTS (
         SELECT 1 FROM certificate c WHERE c.profile_id = p.id AND c.not_after = r.ends_at AND ${IS_LAST})`,
      [reminderId],
    );
    return row === undefined ? null : { ...row, link: `${this.ports.publicUrl}/m` };
  }

  /** Of one that was renewed. */
  async renewed(scope: Scope, id: string): Promise<MobileIdNotice | null> {
    const profileId = parseId<ProfileId>(id);
    if (profileId === undefined) return null;
    const [row] = await scope.sql<MobileIdNotice>(
      'expiry-reminder.renewed',
      `SELECT ${NOTICE}, p.valid_to AS "endsAt" FROM ${NOTICE_TABLES} WHERE p.id = $1 AND ${MAY_BE_TOLD}`,
      [profileId],
    );
    return row ?? null;
  }

  /** Forgets reminders of what has ended long ago. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'expiry-reminder.purge',
      `DELETE FROM expiry_reminder WHERE id IN (
         SELECT id FROM expiry_reminder WHERE ends_at < now() - interval '30 days' LIMIT 1000)`,
      [],
    );
  }

  private async remindBatch(scope: ChangeScope): Promise<number> {
    const plans = await this.plans(scope);
    const furthest = Math.max(0, ...plans.map(({ window_days }) => window_days));
    const reminded = await scope.sql<Reminded>('expiry-reminder.remind', REMIND, [
      JSON.stringify(plans),
      furthest,
      BATCH,
    ]);
    for (const { id, profileId, projectId, days } of reminded) {
      await this.ports.notifications.notify(scope, 'MOBILE_ID_EXPIRES', id, { projectId });
      await this.ports.audit.record(scope, {
        action: 'profile.remind',
        target: `profile:${profileId}`,
        detail: `${String(days)} days`,
      });
    }
    return reminded.length;
  }

  private async plans(scope: Scope): Promise<
    {
      readonly project_id: string;
      readonly days: readonly number[];
      readonly daily: boolean;
      readonly window_days: number;
    }[]
  > {
    const projects = await this.ports.projects.every(scope);
    return projects
      .filter(({ settings }) => settings.expiryReminderDays.length > 0)
      .map(({ id, settings }) => ({
        project_id: id,
        days: settings.expiryReminderDays,
        daily: settings.dailyExpiryReminders,
        window_days: windowDays(settings),
      }));
  }
}
