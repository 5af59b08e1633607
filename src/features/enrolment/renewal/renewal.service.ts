import type { RequestContext } from '../../../kernel/actor.js';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import { proofRejected } from '../../../kernel/phone-proof.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { IssuanceService, ProvenRequest } from '../../certificates/issuance.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import type { CompletionService, HolderToCertify } from '../device/completion.service.js';
import {
  discard,
  type DeliveredKey,
  type KeyDeliveryService,
  type KeyParcel,
} from '../keys/key-delivery.service.js';
import { isServerMade } from '../enrolment.service.js';
import { keyRequestsOf, type KeyRequest } from '../keys/key-requests.js';
import {
  digestOf,
  refuseOtherKinds,
  type CertificateRequest,
  type SentKeys,
} from '../keys/sent-keys.js';
import type { ProvenKey, RenewalKeyService } from './renewal-key.service.js';
import type { RenewalStandingService, Standing } from './renewal-standing.service.js';
import { refuseEarly, refuseWithoutGain } from './renewal-window.js';

/** What a phone is asked to do to renew a mobile ID. */
export interface RenewalTask {
  readonly profileId: ProfileId;
  readonly challenge: string;
  readonly keyRequests: readonly KeyRequest[];
  readonly needsWrappingKey: boolean;
  readonly serverName: string;
  readonly profileName: string;
  readonly accountName: string;
  readonly renewableFrom: Date;
  readonly endsAt: Date;
}

interface Done {
  readonly requestsDigest: Buffer;
}

interface Order {
  readonly key: ProvenKey;
  readonly digest: Buffer;
  readonly proven: readonly ProvenRequest[];
  readonly parcel: KeyParcel;
}

/** What a phone sends to renew a mobile ID. */
interface Renewal extends SentKeys {
  readonly proof: string;
}

const CHALLENGE_BYTES = 16;
/** How long old and new certificates are good side by side, where the phone never says that it has the new ones. */
const OVERLAP_DAYS = 7;

const OPEN_CERTIFICATES = `
  SELECT id FROM certificate WHERE profile_id = $1 AND status IN ('VALID', 'ON_HOLD') ORDER BY id`;
const NOTE = `
  INSERT INTO renewal (certificate_id, profile_id, requests_digest, replaced_ids, renewed_at, supersede_at)
  VALUES ($1, $2, $3, $4, now(), now() + $5 * interval '24 hours')`;

/**
 * A mobile ID gets new certificates before the old ones run out, by a phone that proves itself with its own key and with the
 * mobile ID's present one. The old ones stay good until the phone has the new ones, see `RenewalEndService`.
 */
export class RenewalService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly keys: KeyRing;
      readonly renewalKeys: RenewalKeyService;
      readonly issuance: IssuanceService;
      readonly completions: CompletionService;
      readonly keyDelivery: KeyDeliveryService;
      readonly profiles: ProfileService;
      readonly renewalStanding: RenewalStandingService;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * Also before it can be renewed: the task then says from when on.
   * @throws DomainError DEVICE_PROOF_REJECTED, INVALID_TRANSITION, USER_NOT_ACTIVE, RATE_LIMITED
   */
  async task(request: RequestContext, proof: string): Promise<RenewalTask> {
    const key = await this.ports.renewalKeys.prove(request, proof);
    const scope = this.ports.work.read(request);
    const standing = await this.ports.renewalStanding.of(
      scope,
      await this.ports.renewalStanding.living(scope, key.profileId),
    );
    refuseOtherKey(standing, key);
    const { profile, endsAt, newEndThen, renewableFrom } = standing;
    refuseWithoutGain(endsAt, newEndThen);
    return {
      profileId: profile.id,
      challenge: this.challenge(key),
      keyRequests: keyRequestsOf(standing),
      needsWrappingKey: hasServerMade(standing),
      serverName: profile.serverName,
      profileName: profile.name,
      accountName: profile.accountName,
      renewableFrom,
      endsAt,
    };
  }

  /**
   * The same requests sent again give the same answer, also when the old certificates are gone.
   * @throws DomainError as {@link task}; INVALID_TRANSITION with `renewableFrom` where it is too early; CONFLICT for other
   * requests than those that were certified; CSR_REJECTED; INVALID_INPUT where there is no key to wrap for
   */
  async renew(request: RequestContext, sent: Renewal): Promise<MobileIdProfile> {
    const { renewalKeys, work } = this.ports;
    const key = await renewalKeys.prove(request, sent.proof, sent);
    const digest = digestOf(sent);
    const scope = work.read(request);
    const profile = await this.ports.renewalStanding.living(scope, key.profileId);
    if (isRepeated(await this.done(scope, key), digest)) return profile;
    const standing = await this.ports.renewalStanding.of(scope, profile);
    refuseUntimely(scope, standing, key);
    const proven = await this.proveRequests(standing, key, sent.requests);
    const parcel = await this.prepareKeys(standing, sent);
    try {
      return await work.change(request, (change) =>
        this.issue(change, { key, digest, proven, parcel }),
      );
    } finally {
      discard(parcel);
    }
  }

  /** Keys that wait for the phone, until it has acknowledged them. */
  keysFor(request: RequestContext, { id }: MobileIdProfile): Promise<DeliveredKey[]> {
    return this.ports.keyDelivery.kept(this.ports.work.read(request), id);
  }

  /** Everything once more, under the user's lock and then the mobile ID's, as everywhere. */
  private async issue(
    scope: ChangeScope,
    { key, digest, proven, parcel }: Order,
  ): Promise<MobileIdProfile> {
    const { users, profiles, issuance, keyDelivery, audit } = this.ports;
    const { userId } = await this.ports.renewalStanding.living(scope, key.profileId);
    if (userId !== null) await users.getLocked(scope, userId);
    await profiles.lock(scope, key.profileId);
    const profile = await this.ports.renewalStanding.living(scope, key.profileId);
    if (isRepeated(await this.done(scope, key), digest)) return profile;
    const standing = await this.ports.renewalStanding.of(scope, profile);
    refuseUntimely(scope, standing, key);
    refuseOtherKinds(askedKinds(standing), proven);
    await issuance.refuseKnownKeys(scope, proven);
    const replaced = await scope.sql<{ id: CertificateId }>(
      'renewal.open-certificates',
      OPEN_CERTIFICATES,
      [profile.id],
    );
    const holder = await this.holderOf(scope, standing);
    await issuance.issue(scope, holder, [...proven, ...parcel.made]);
    // What is still kept from before has reached the phone: it has proven itself by what came in the same answer.
    await keyDelivery.forget(scope, profile.id);
    await keyDelivery.deliverMade(scope, holder, parcel);
    await scope.sql('renewal.note', NOTE, [
      key.certificateId,
      profile.id,
      digest,
      replaced.map(({ id }) => id),
      OVERLAP_DAYS,
    ]);
    const renewed = await profiles.prolong(scope, profile, standing.newEnd);
    await audit.record(scope, {
      action: 'profile.renew',
      target: `profile:${profile.id}`,
      detail: `certificate:${key.certificateId}`,
    });
    await this.notify(scope, renewed);
    return renewed;
  }

  private async proveRequests(
    standing: Standing,
    key: ProvenKey,
    requests: readonly CertificateRequest[],
  ): Promise<ProvenRequest[]> {
    refuseOtherKinds(askedKinds(standing), requests);
    const challenge = this.challenge(key);
    const { issuance } = this.ports;
    const proven = await Promise.all(
      requests.map(({ kind, csr }) => issuance.prove(kind, csr, challenge)),
    );
    issuance.refuseForeignKeys(standing.terms, proven);
    return proven;
  }

  private prepareKeys(standing: Standing, wish: SentKeys): Promise<KeyParcel> {
    const needs = {
      serverMade: hasServerMade(standing),
      recovered: false,
      terms: standing.terms,
    };
    return this.ports.keyDelivery.prepare(needs, wish);
  }

  /** As the user is called today, or by the account where there is none; what the request says of him does not count. */
  private async holderOf(
    scope: Scope,
    { profile: { id: profileId, projectId, userId, accountName }, newEnd, terms }: Standing,
  ): Promise<HolderToCertify> {
    const { completions, users } = this.ports;
    const user = userId && (await users.get(scope, userId));
    const validity = { notBefore: scope.now, notAfter: newEnd };
    const order = { projectId, certificateTerms: terms };
    return completions.holderOf(scope, order, { profileId, user, accountName, ...validity });
  }

  private async done(scope: Scope, { certificateId }: ProvenKey): Promise<Done | undefined> {
    const [row] = await scope.sql<Done>(
      'renewal.done',
      'SELECT requests_digest AS "requestsDigest" FROM renewal WHERE certificate_id = $1',
      [certificateId],
    );
    return row;
  }

  /** What the requests must carry; 128 bits, hexadecimal. Another one for each certificate that is renewed. */
  private challenge({ profileId, fingerprint }: ProvenKey): string {
    return this.ports.keys
      .mac('renewal-challenge', profileId, fingerprint)
      .subarray(0, CHALLENGE_BYTES)
      .toString('hex');
  }

  private async notify(
    scope: ChangeScope,
    { id, projectId, userId }: MobileIdProfile,
  ): Promise<void> {
    if (userId === null) return;
    const { settings } = await this.ports.projects.get(scope, projectId);
    if (!settings.notifyOnSuccess) return;
    await this.ports.notifications.notify(scope, 'MOBILE_ID_RENEWED', id, { projectId });
  }
}

function hasServerMade(standing: Standing): boolean {
  return standing.kinds.some((kind) => isServerMade(standing, kind));
}

/** Kinds whose keys the phone has to make. */
function askedKinds(standing: Standing): CertificateKind[] {
  return standing.kinds.filter((kind) => !isServerMade(standing, kind));
}

/** @throws DomainError CONFLICT where others have become certificates already */
function isRepeated(done: Done | undefined, digest: Buffer): boolean {
  if (done === undefined) return false;
  if (!done.requestsDigest.equals(digest)) throw new DomainError('CONFLICT');
  return true;
}

/** Suspended, revoked, run out or renewed already; or not the one that speaks for the mobile ID. */
function refuseOtherKey({ provingId }: Standing, { certificateId }: ProvenKey): void {
  if (provingId !== certificateId) throw proofRejected('KEY');
}

function refuseUntimely({ now }: Scope, standing: Standing, key: ProvenKey): void {
  refuseOtherKey(standing, key);
  refuseWithoutGain(standing.endsAt, standing.newEndThen);
  refuseEarly(now, standing.renewableFrom);
}
