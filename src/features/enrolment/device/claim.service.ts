import { DomainError } from '../../../kernel/errors.js';
import { FieldProblems } from '../../../kernel/field-problems.js';
import type { EnrolmentId } from '../../../kernel/ids.js';
import { textProblem } from '../../../kernel/text.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { DeviceDescription, DeviceService } from '../../profiles/device.service.js';
import type {
  ScannedActivationCode,
  SelfRegistrationService,
} from '../../projects/self-registration/self-registration.service.js';
import { checkDeviceProof } from './device-proof.js';
import type { EnrolmentLog, Move } from '../enrolment-log.service.js';
import type { EnrolmentSecrets } from '../enrolment-secrets.js';
import {
  isServerMade,
  refuseEnded,
  type Enrolment,
  type EnrolmentService,
} from '../enrolment.service.js';
import { keyRequestsOf, type KeyRequest } from '../keys/key-requests.js';
import type { EnrolmentRecoveryService } from '../recovery/enrolment-recovery.service.js';
import type {
  ActivationClaimService,
  SharedClaim,
} from '../self-registration/activation-claim.service.js';

export interface Claim {
  readonly code: string;
  readonly device: DeviceDescription;
  readonly proof: string;
}

export interface FoundCode {
  readonly enrolmentId: EnrolmentId;
  readonly generation: number;
}

/** Which code it was, and which phone has it; of a code that one phone alone may have, how to tell which phone. */
type Recognised =
  | { readonly code: FoundCode; readonly thumbprintOf: ThumbprintOf }
  | { readonly scanned: ScannedActivationCode; readonly thumbprint: string };

/** Of a device that does not prove which one it is as phones do: its thumbprint, told by what else it has shown. */
type ThumbprintOf = (
  scope: ChangeScope,
  enrolment: Enrolment,
  code: FoundCode,
) => string | Promise<string>;

export interface ClaimByCode {
  readonly code: string;
  readonly device: DeviceDescription;
  /** @throws DomainError where nothing that it has shown will do for this enrolment */
  readonly thumbprintOf: ThumbprintOf;
}

/** What a phone that has scanned the code is asked to do. */
export interface DeviceTask {
  readonly enrolmentId: EnrolmentId;
  readonly deviceToken: string;
  readonly challenge: string;
  readonly keyRequests: readonly KeyRequest[];
  readonly needsWrappingKey: boolean;
  readonly bringsEarlierKeys: boolean;
  readonly serverName: string;
  readonly profileName: string;
  readonly accountName: string | null;
  readonly confirmationCode: string | null;
  readonly expiresAt: Date;
}

/** A phone claims a code: from then on the enrolment belongs to it. */
export class ClaimService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly enrolments: EnrolmentService;
      readonly activationClaims: ActivationClaimService;
      readonly selfRegistrations: SelfRegistrationService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly devices: DeviceService;
      readonly recoveries: EnrolmentRecoveryService;
      readonly limits: RateLimits;
      readonly audit: AuditService;
      readonly publicUrl: string;
    },
  ) {}

  /**
   * The same phone asking again gets the same task.
   * @throws DomainError DEVICE_PROOF_REJECTED, CODE_UNKNOWN, CODE_EXPIRED, ENROLMENT_EXPIRED, ENROLMENT_CANCELLED,
   * ENROLMENT_SUPERSEDED, ENROLMENT_COMPLETED, ENROLMENT_TAKEN, INVALID_INPUT, RATE_LIMITED; of a project's activation code
   * ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED
   */
  async claim(request: RequestContext, claim: Claim): Promise<DeviceTask> {
    return this.claimBy(request, claim.device, () => this.recogniseClaim(request, claim));
  }

  /**
   * The same for a device that shows by its connection which one it is.
   * @throws DomainError WRONG_PROJECT_MODE for a project's activation code, which is for phones
   */
  async claimByCode(
    request: RequestContext,
    { code, device, thumbprintOf }: ClaimByCode,
  ): Promise<DeviceTask> {
    return this.claimBy(request, device, async () => ({
      thumbprintOf,
      code: await this.findOwnCode(request, code),
    }));
  }

  private async claimBy(
    request: RequestContext,
    device: DeviceDescription,
    recognise: () => Promise<Recognised>,
  ): Promise<DeviceTask> {
    const { work, limits } = this.ports;
    checkDescription(device);
    await limits.refuseExhausted('device/address', addressKey(request.address));
    const recognised = await recognise().catch(async (error: unknown) => {
      await limits.take('device/address', addressKey(request.address));
      throw error;
    });
    if ('scanned' in recognised) return this.claimShared(request, { ...recognised, device });
    const { thumbprintOf, code } = recognised;
    await limits.take('device/enrolment', code.enrolmentId);
    return work.change(request, async (scope) => {
      const enrolment = await this.ports.enrolments.lock(scope, code.enrolmentId);
      if (enrolment === undefined) throw new DomainError('CODE_UNKNOWN');
      const thumbprint = await thumbprintOf(scope, enrolment, code);
      return this.claimLocked(scope, { enrolment, code, thumbprint, device });
    });
  }

  /** Any number of phones may have the code: each claims an enrolment of its own. */
  private async claimShared(request: RequestContext, claim: SharedClaim): Promise<DeviceTask> {
    const { activationClaims, limits, work } = this.ports;
    const { scanned, thumbprint } = claim;
    await limits.take('device/enrolment', `${scanned.projectId} ${thumbprint}`);
    return work.change(request, async (scope) =>
      this.taskOf(scope, await activationClaims.claim(scope, claim), thumbprint),
    );
  }

  private async recogniseClaim(
    request: RequestContext,
    { code, proof }: Claim,
  ): Promise<Recognised> {
    const target = { audience: this.ports.publicUrl, code, now: request.now };
    const thumbprint = await checkDeviceProof(proof, target);
    const found = await this.findCode(request, code);
    if (found !== undefined) {
      return { code: found, thumbprintOf: () => Promise.resolve(thumbprint) };
    }
    return { scanned: await this.findShared(request, code), thumbprint };
  }

  private async claimLocked(
    scope: ChangeScope,
    claimed: {
      enrolment: Enrolment;
      code: FoundCode;
      thumbprint: string;
      device: DeviceDescription;
    },
  ): Promise<DeviceTask> {
    const { enrolment, code, thumbprint, device } = claimed;
    const isOwnPhone = enrolment.deviceThumbprint === thumbprint;
    refuseTaken(scope, enrolment, isOwnPhone);
    if (isOwnPhone) return this.taskOf(scope, enrolment, thumbprint);
    const hasRunOut =
      enrolment.status === 'CODE_EXPIRED' ||
      code.generation < enrolment.generation ||
      enrolment.codeExpiresAt <= scope.now;
    if (hasRunOut) throw new DomainError('CODE_EXPIRED');
    const deviceId = await this.ports.devices.recognise(scope, thumbprint, device);
    const keep = { deviceId, deviceThumbprint: thumbprint };
    await this.begin(scope, enrolment, { detail: device.name, keep });
    await this.ports.audit.record(scope, {
      action: 'enrolment.claim',
      target: `enrolment:${enrolment.id}`,
      detail: `device:${deviceId}`,
    });
    return this.taskOf(scope, enrolment, thumbprint);
  }

  /** A code that reached the phone before its delivery was reported is as good as delivered. */
  private async begin(scope: ChangeScope, enrolment: Enrolment, scan: Move): Promise<void> {
    const { log } = this.ports;
    if (enrolment.status === 'DELIVERING') await log.move(scope, enrolment.id, 'WAITING_FOR_SCAN');
    await log.move(scope, enrolment.id, 'SCANNED', scan);
    if (enrolment.confirmation !== 'NONE') {
      await log.move(scope, enrolment.id, 'AWAITING_CONFIRMATION');
    }
  }

  private async findOwnCode(request: RequestContext, code: string): Promise<FoundCode> {
    const found = await this.findCode(request, code);
    if (found !== undefined) return found;
    await this.findShared(request, code);
    throw new DomainError('WRONG_PROJECT_MODE');
  }

  private async findShared(request: RequestContext, code: string): Promise<ScannedActivationCode> {
    const { selfRegistrations, work } = this.ports;
    const scanned = await selfRegistrations.findCode(work.read(request).sql, code);
    if (scanned === undefined) throw new DomainError('CODE_UNKNOWN');
    return scanned;
  }

  private async findCode(request: RequestContext, code: string): Promise<FoundCode | undefined> {
    const [row] = await this.ports.work
      .read(request)
      .sql<FoundCode>(
        'claim.find-code',
        'SELECT enrolment_id AS "enrolmentId", generation FROM enrolment_code WHERE code_hash = $1',
        [this.ports.secrets.codeHash(code)],
      );
    return row;
  }

  private async taskOf(
    scope: Scope,
    enrolment: Enrolment,
    thumbprint: string,
  ): Promise<DeviceTask> {
    const { secrets, recoveries } = this.ports;
    const grant = { enrolmentId: enrolment.id, thumbprint };
    const { certificates: kinds, certificateTerms: terms, archivesKeys } = enrolment;
    const bringsEarlierKeys = await recoveries.isBoundTo(scope, enrolment.id);
    return {
      enrolmentId: enrolment.id,
      deviceToken: secrets.deviceToken(grant),
      challenge: secrets.challenge(grant),
      keyRequests: keyRequestsOf({ kinds, terms, archivesKeys }),
      needsWrappingKey: bringsEarlierKeys || kinds.some((kind) => isServerMade(enrolment, kind)),
      bringsEarlierKeys,
      serverName: enrolment.serverName,
      profileName: enrolment.profileName,
      accountName: enrolment.accountName,
      confirmationCode: enrolment.confirmation === 'NONE' ? null : secrets.confirmationCode(grant),
      expiresAt: enrolment.expiresAt,
    };
  }
}

/** Its own phone may ask again even when all is done; to any other phone each state has its own answer. */
function refuseTaken(scope: ChangeScope, enrolment: Enrolment, isOwnPhone: boolean): void {
  if (isOwnPhone && enrolment.status === 'ACTIVE') return;
  refuseEnded(scope, enrolment);
  if (!isOwnPhone && enrolment.deviceThumbprint !== null) throw new DomainError('ENROLMENT_TAKEN');
}

function checkDescription({ name, platform, model }: DeviceDescription): void {
  const problems = new FieldProblems();
  for (const [field, text] of Object.entries({ name, platform, model })) {
    if (text !== null) problems.note(`input.device.${field}`, textProblem(text, { max: 100 }));
  }
  problems.refuse();
}
