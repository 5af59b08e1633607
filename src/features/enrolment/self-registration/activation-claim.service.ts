import { DomainError } from '../../../kernel/errors.js';
import { newId, type DeviceId, type EnrolmentId, type ProjectId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import { agreeTerms } from '../../certificates/profiles/certificate-profile.service.js';
import type { DeviceDescription, DeviceService } from '../../profiles/device.service.js';
import { stateAt, type MobileIdProfile } from '../../profiles/profile.service.js';
import type { Project, ProjectService } from '../../projects/project.service.js';
import {
  numberAfter,
  type ScannedActivationCode,
  type SelfRegistrationService,
} from '../../projects/self-registration/self-registration.service.js';
import { Enrolment } from '../enrolment.entity.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import { isFinal } from '../enrolment-status.js';
import type { EnrolmentService } from '../enrolment.service.js';
import { certificatesOf } from '../ordering/order.js';
import { suspended } from './assignment.service.js';

export interface SharedClaim {
  readonly scanned: ScannedActivationCode;
  /** Of the phone's key. */
  readonly thumbprint: string;
  readonly device: DeviceDescription;
}

/** How long a phone may take from the scan to the activation, where nobody has to confirm it. */
const CLAIM_SECONDS = 900;
/** Claims from one address that have not become active: those under way, and of the last hour also those that never will. */
const CLAIMS_PER_ADDRESS = 300;

const CROWD = `
  SELECT count(*)::int AS claims,
    ceil(extract(epoch FROM min(c.claimed_at) + interval '1 hour' - now()))::int AS "secondsLeft"
  FROM activation_claim c JOIN enrolment e ON e.id = c.enrolment_id
  WHERE c.address = $1 AND (c.claimed_at > now() - interval '1 hour'
    OR e.status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED'))`;
const PURGE = `
  DELETE FROM activation_claim WHERE enrolment_id IN (
    SELECT c.enrolment_id FROM activation_claim c JOIN enrolment e ON e.id = c.enrolment_id
    WHERE c.claimed_at <= now() - interval '1 hour'
      AND e.status IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED') LIMIT 1000)`;

/** A phone has scanned the code that a project has for all phones: each gets an enrolment of its own. */
export class ActivationClaimService {
  constructor(
    private readonly ports: {
      readonly selfRegistrations: SelfRegistrationService;
      readonly projects: ProjectService;
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly devices: DeviceService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The phone's enrolment in this project: the one under way, or a new one.
   * @throws DomainError ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED, RATE_LIMITED; FORBIDDEN
   * with `reason` SUSPENDED where the phone's mobile ID is
   */
  async claim(scope: ChangeScope, claim: SharedClaim): Promise<Enrolment> {
    const { scanned, thumbprint, device } = claim;
    const own = await this.ports.selfRegistrations.openFor(scope, scanned);
    // Locks the phone's row, so that claims of the same phone come one after the other.
    const deviceId = await this.ports.devices.recognise(scope, thumbprint, device);
    const open = await this.openLocked(scope, scanned.projectId, thumbprint);
    if (open !== undefined && isGood(scope, open, scanned)) return open;
    if (open !== undefined) await this.giveUp(scope, open);
    const standing = await standingOf(scope, scanned.projectId, deviceId);
    if (standing === 'INACTIVE') throw suspended();
    if (standing === undefined) numberAfter(own);
    await refuseCrowd(scope);
    return this.begin(scope, { ...claim, deviceId });
  }

  /** Forgets where claims came from that count no longer. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql('activation-claim.purge', PURGE, []);
  }

  private async begin(
    scope: ChangeScope,
    claim: SharedClaim & { readonly deviceId: DeviceId },
  ): Promise<Enrolment> {
    const { projects, enrolments, log, audit } = this.ports;
    const { deviceId, device } = claim;
    const project = await projects.get(scope, claim.scanned.projectId);
    const enrolment = this.compose(scope, project, claim);
    await scope.db.insert(Enrolment, enrolment);
    await scope.sql(
      'activation-claim.note',
      'INSERT INTO activation_claim (enrolment_id, address, claimed_at) VALUES ($1, $2, now())',
      [enrolment.id, addressKey(scope.request.address)],
    );
    await log.begin(scope, enrolment.id, 'SCANNED', { detail: device.name });
    if (enrolment.confirmation !== 'NONE') {
      await log.move(scope, enrolment.id, 'AWAITING_CONFIRMATION');
    }
    await audit.record(scope, {
      action: 'enrolment.claim',
      target: `enrolment:${enrolment.id}`,
      detail: `device:${deviceId}`,
    });
    return (await enrolments.find(scope, enrolment.id)) ?? enrolment;
  }

  private async openLocked(
    scope: ChangeScope,
    projectId: ProjectId,
    thumbprint: string,
  ): Promise<Enrolment | undefined> {
    const [row] = await scope.sql<{ id: EnrolmentId }>(
      'activation-claim.open',
      `SELECT id FROM enrolment WHERE project_id = $1 AND device_thumbprint = $2 AND user_id IS NULL
         AND status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED')`,
      [projectId, thumbprint],
    );
    const locked = row && (await this.ports.enrolments.lock(scope, row.id));
    return locked === undefined || isFinal(locked.status) ? undefined : locked;
  }

  /** It ran out, or began with a code that was replaced since. */
  private async giveUp(scope: ChangeScope, { id, expiresAt }: Enrolment): Promise<void> {
    const isOver = expiresAt <= scope.now;
    await this.ports.log.move(scope, id, isOver ? 'EXPIRED' : 'SUPERSEDED');
    await this.ports.audit.record(scope, {
      action: isOver ? 'enrolment.expire' : 'enrolment.supersede',
      target: `enrolment:${id}`,
    });
  }

  private compose(
    scope: Scope,
    project: Project,
    { scanned, thumbprint, deviceId }: SharedClaim & { readonly deviceId: DeviceId },
  ): Enrolment {
    const { settings } = project;
    const certificates = certificatesOf(project, {});
    const days = { project: settings.validityDays, ordered: null };
    const { terms, validityDays } = agreeTerms(project.certificateProfiles, certificates, days);
    return {
      id: newId(),
      projectId: project.id,
      userId: null,
      replacesProfileId: null,
      status: 'SCANNED',
      certificates,
      archivesKeys: false,
      channel: null,
      delivery: null,
      openedAt: null,
      confirmation: settings.confirmation,
      validityDays,
      certificateTerms: terms,
      profileLimit: settings.maxProfilesPerUser,
      ...this.ports.projects.namesBeforeId(project),
      accountName: null,
      generation: scanned.generation,
      codeTtlSeconds: 0,
      codeExpiresAt: scope.now,
      expiresAt: endOf(scope, project),
      createdAt: scope.now,
      completedAt: null,
      lastEvent: 1,
      orderedBy: null,
      orderedInSession: null,
      idempotencyKey: null,
      orderDigest: null,
      deviceId,
      deviceThumbprint: thumbprint,
      confirmationAttempts: 0,
      confirmationCountedAt: null,
      requestsDigest: null,
      profileId: null,
      failureCode: null,
    };
  }
}

function isGood(
  { now }: Scope,
  { expiresAt, generation }: Enrolment,
  scanned: ScannedActivationCode,
): boolean {
  return expiresAt > now && generation === scanned.generation;
}

function endOf({ now }: Scope, { settings }: Project): Date {
  const { confirmation, enrolmentTtlSeconds } = settings;
  const seconds =
    confirmation === 'NONE' ? Math.min(CLAIM_SECONDS, enrolmentTtlSeconds) : enrolmentTtlSeconds;
  return new Date(now.getTime() + seconds * 1000);
}

/** Of the mobile ID that the phone has here already: with it, it has its ID, and needs no other. */
async function standingOf(
  scope: Scope,
  projectId: ProjectId,
  deviceId: DeviceId,
): Promise<MobileIdProfile['state'] | undefined> {
  const [row] = await scope.sql<Pick<MobileIdProfile, 'state' | 'validTo'>>(
    'activation-claim.standing',
    `SELECT state, valid_to AS "validTo" FROM profile
     WHERE device_id = $1 AND project_id = $2 AND user_id IS NULL AND state <> 'REVOKED'
     ORDER BY created_at DESC LIMIT 1`,
    [deviceId, projectId],
  );
  return row && stateAt(row, scope.now);
}

/** As many as are being claimed at this very moment may slip through; they are counted at the next one. */
async function refuseCrowd(scope: ChangeScope): Promise<void> {
  const [crowd] = await scope.sql<{ claims: number; secondsLeft: number | null }>(
    'activation-claim.crowd',
    CROWD,
    [addressKey(scope.request.address)],
  );
  if ((crowd?.claims ?? 0) < CLAIMS_PER_ADDRESS) return;
  throw new DomainError('RATE_LIMITED', {
    retryAfterSeconds: Math.max(1, crowd?.secondsLeft ?? 1),
  });
}
