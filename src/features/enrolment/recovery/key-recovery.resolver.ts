import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import type { CertificateId, KeyRecoveryId, UserId } from '../../../kernel/ids.js';
import { pageRequest } from '../../../kernel/pagination.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import type { CertificateService } from '../../certificates/certificate.service.js';
import { CertificateType, toCertificate } from '../../certificates/certificate.types.js';
import type { KeyArchiveService } from '../../certificates/key-archive/key-archive.service.js';
import type { UserService } from '../../users/user.service.js';
import { UserSummaryType } from '../../users/user.types.js';
import type { KeyRecoveryService } from './key-recovery.service.js';
import {
  KeyRecoveriesArgs,
  KeyRecoveryApprovalType,
  KeyRecoveryConnectionType,
  KeyRecoveryInput,
  KeyRecoveryType,
} from './key-recovery.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly keyRecoveries: KeyRecoveryService;
  readonly keyArchive: KeyArchiveService;
  readonly certificates: CertificateService;
  readonly users: UserService;
}
const RECOVERY_ID = { description: 'Id of the key recovery.' };

@Resolver(() => KeyRecoveryType)
export class KeyRecoveryResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/key-recoveries')
  @Query(() => KeyRecoveryConnectionType, {
    description: 'Requests to recover encryption keys, newest first.',
  })
  keyRecoveries(
    @Ctx() ctx: RequestContext,
    @Args(() => KeyRecoveriesArgs) { first, after, state }: KeyRecoveriesArgs,
  ): Promise<KeyRecoveryConnectionType> {
    const { work, keyRecoveries } = this.services;
    const filter = { state: state ?? undefined };
    return keyRecoveries.list(work.read(ctx), filter, pageRequest(first ?? 20, after));
  }

  @Resource('/operator/key-recoveries')
  @Mutation(() => KeyRecoveryType, {
    description:
      'Asks that a user gets earlier encryption keys onto his next phone. Two others have to approve, neither of them the holder.',
  })
  requestKeyRecovery(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => KeyRecoveryInput, { description: 'Whose keys, and why.' })
    input: KeyRecoveryInput,
  ): Promise<KeyRecoveryType> {
    const { work, keyRecoveries } = this.services;
    return work.change(ctx, (scope) => keyRecoveries.request(scope, input));
  }

  @Resource('/operator/key-recoveries/approve')
  @Mutation(() => KeyRecoveryType, {
    description:
      'Approves; the second one to do so makes it APPROVED. FORBIDDEN with `reason` INVOLVED for who asked for it and for the holder, APPROVED_BEFORE for who has approved it already.',
  })
  approveKeyRecovery(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, RECOVERY_ID) id: string,
  ): Promise<KeyRecoveryType> {
    const { work, keyRecoveries } = this.services;
    return work.change(ctx, (scope) => keyRecoveries.approve(scope, id));
  }

  @Resource('/operator/key-recoveries/approve')
  @Mutation(() => KeyRecoveryType, {
    description: 'Rejects, or withdraws what was approved and is not used yet.',
  })
  rejectKeyRecovery(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, RECOVERY_ID) id: string,
    @Arg('reason', () => String, {
      nullable: true,
      description: 'For the audit log. Up to 500 characters.',
    })
    reason: string | null,
  ): Promise<KeyRecoveryType> {
    const { work, keyRecoveries } = this.services;
    return work.change(ctx, (scope) => keyRecoveries.reject(scope, id, reason));
  }

  @FieldResolver(() => UserSummaryType, { description: 'Whose keys they are.' })
  user(@Root() row: KeyRecoveryType, @Ctx() ctx: RequestContext): Promise<UserSummaryType> {
    return this.userOf(ctx, row.userId);
  }

  @FieldResolver(() => UserSummaryType, { description: 'Who asked for it.' })
  requester(@Root() row: KeyRecoveryType, @Ctx() ctx: RequestContext): Promise<UserSummaryType> {
    return this.userOf(ctx, row.requestedBy);
  }

  @FieldResolver(() => [CertificateType], { description: 'The certificates whose keys they are.' })
  async certificates(
    @Root() row: KeyRecoveryType,
    @Ctx() ctx: RequestContext,
  ): Promise<CertificateType[]> {
    const { work } = this.services;
    const ids = row.certificateIds as readonly CertificateId[];
    const rows = await this.services.certificates.byIds(work.read(ctx), ids);
    return rows.map((certificate) => toCertificate(certificate));
  }

  @FieldResolver(() => [KeyRecoveryApprovalType], { description: 'Who has approved, and when.' })
  approvals(
    @Root() row: KeyRecoveryType,
    @Ctx() ctx: RequestContext,
  ): Promise<KeyRecoveryApprovalType[]> {
    const { work, keyRecoveries } = this.services;
    return keyRecoveries.approvalsOf(work.read(ctx), row.id as KeyRecoveryId);
  }

  @FieldResolver(() => Boolean, {
    description:
      'Whether an approved recovery still waits until `npm run recovery -- run` is called where the recovery key is.',
  })
  awaitsKey(@Root() row: KeyRecoveryType, @Ctx() ctx: RequestContext): Promise<boolean> {
    const { work, keyRecoveries, keyArchive } = this.services;
    if (row.state !== 'APPROVED') return Promise.resolve(false);
    const id = row.id as KeyRecoveryId;
    return keyRecoveries.awaitsKey(work.read(ctx), id, keyArchive.openableBy);
  }

  private userOf(ctx: RequestContext, id: string): Promise<UserSummaryType> {
    const { work, users } = this.services;
    return users.loadSummary(work.read(ctx), id as UserId);
  }
}

@Resolver(() => KeyRecoveryApprovalType)
export class KeyRecoveryApprovalResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly users: UserService,
  ) {}

  @FieldResolver(() => UserSummaryType, { description: 'The operator who has approved.' })
  approver(
    @Root() row: KeyRecoveryApprovalType,
    @Ctx() ctx: RequestContext,
  ): Promise<UserSummaryType> {
    return this.users.loadSummary(this.work.read(ctx), row.approverId as UserId);
  }
}
