import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { CertificateService, ProvenRequest } from '../../certificates/certificate.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import { digestOf, type CertificateRequest } from '../activation.service.js';
import { DEVICE_ALGORITHMS } from '../claim.service.js';
import type { ProvenKey, RenewalKeyService } from './renewal-key.service.js';
import { rejected } from './renewal-proof.js';
import type { RenewalStandingService, Standing } from './renewal-standing.service.js';

/** What a phone is asked to do to renew a mobile ID. */
export interface RenewalTask {
  readonly profileId: ProfileId;
  readonly challenge: string;
  readonly keyRequests: readonly {
    readonly kind: CertificateKind;
    readonly origin: 'DEVICE';
    readonly algorithms: readonly string[];
  }[];
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
      readonly certificates: CertificateService;
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
    refuseWithoutGain(standing);
    const { profile, endsAt, renewableFrom: from, kinds } = standing;
    return {
      profileId: profile.id,
      challenge: this.challenge(key),
      keyRequests: keyRequestsOf(kinds),
      serverName: profile.serverName,
      profileName: profile.name,
      accountName: profile.accountName,
      renewableFrom: from,
      endsAt,
    };
  }

  /**
   * The same requests sent again give the same answer, also when the old certificates are gone.
   * @throws DomainError as {@link task}; INVALID_TRANSITION with `renewableFrom` where it is too early; CONFLICT for other
   * requests than those that were certified; CSR_REJECTED
   */
  async renew(
    request: RequestContext,
    { proof, requests }: { proof: string; requests: readonly CertificateRequest[] },
  ): Promise<MobileIdProfile> {
    const { renewalKeys, work } = this.ports;
    const key = await renewalKeys.prove(request, proof, requests);
    const digest = digestOf(requests);
    const scope = work.read(request);
    const profile = await this.ports.renewalStanding.living(scope, key.profileId);
    if (isRepeated(await this.done(scope, key), digest)) return profile;
    const standing = await this.ports.renewalStanding.of(scope, profile);
    refuseEarly(scope, standing, key);
    const proven = await this.proveRequests(standing, key, requests);
    return work.change(request, (change) => this.issue(change, { key, digest, proven }));
  }

  /** Everything once more, under the user's lock and then the mobile ID's, as everywhere. */
  private async issue(
    scope: ChangeScope,
    { key, digest, proven }: Order,
  ): Promise<MobileIdProfile> {
    const { users, profiles, certificates, audit } = this.ports;
    const { userId } = await this.ports.renewalStanding.living(scope, key.profileId);
    if (userId !== null) await users.getLocked(scope, userId);
    await profiles.lock(scope, key.profileId);
    const profile = await this.ports.renewalStanding.living(scope, key.profileId);
    if (isRepeated(await this.done(scope, key), digest)) return profile;
    const standing = await this.ports.renewalStanding.of(scope, profile);
    refuseEarly(scope, standing, key);
    await certificates.refuseKnownKeys(scope, proven);
    const replaced = await scope.sql<{ id: CertificateId }>(
      'renewal.open-certificates',
      OPEN_CERTIFICATES,
      [profile.id],
    );
    await certificates.issue(scope, await this.holderOf(scope, standing), proven);
    await scope.sql('renewal.note', NOTE, [
      key.certificateId,
      profile.id,
      digest,
      replaced.map(({ id }) => id),
      OVERLAP_DAYS,
    ]);
    const renewed = await this.prolong(scope, profile, standing.newEnd);
    await audit.record(scope, {
      action: 'profile.renew',
      target: `profile:${profile.id}`,
      detail: `certificate:${key.certificateId}`,
    });
    await this.notify(scope, renewed);
    return renewed;
  }

  private async proveRequests(
    { kinds }: Standing,
    key: ProvenKey,
    requests: readonly CertificateRequest[],
  ): Promise<ProvenRequest[]> {
    const wanted = keyRequestsOf(kinds).map(({ kind }) => kind);
    const sent = requests.map(({ kind }) => kind);
    const fits = sent.length === wanted.length && wanted.every((kind) => sent.includes(kind));
    if (!fits) throw new DomainError('CSR_REJECTED', { reason: 'KINDS', wanted });
    const challenge = this.challenge(key);
    const { certificates } = this.ports;
    return Promise.all(requests.map(({ kind, csr }) => certificates.prove(kind, csr, challenge)));
  }

  /** As the user is called today; what the request says of him does not count. */
  private async holderOf(
    scope: Scope,
    { profile, newEnd }: Standing,
  ): Promise<Parameters<CertificateService['issue']>[1]> {
    const { userId, accountName, id: profileId } = profile;
    const user = userId === null ? null : await this.ports.users.get(scope, userId);
    return {
      profileId,
      commonName: user?.displayName ?? accountName,
      email: user?.email ?? null,
      notBefore: scope.now,
      notAfter: newEnd,
    };
  }

  private async prolong(
    scope: ChangeScope,
    profile: MobileIdProfile,
    newEnd: Date,
  ): Promise<MobileIdProfile> {
    const [row] = await scope.sql<{ validTo: Date }>(
      'renewal.prolong',
      'UPDATE profile SET valid_to = greatest(valid_to, $2) WHERE id = $1 RETURNING valid_to AS "validTo"',
      [profile.id, newEnd],
    );
    return Object.assign(profile, row);
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

  private async notify(scope: ChangeScope, { id, projectId }: MobileIdProfile): Promise<void> {
    const { settings } = await this.ports.projects.get(scope, projectId);
    if (!settings.notifyOnSuccess) return;
    await this.ports.notifications.notify(scope, 'MOBILE_ID_RENEWED', id);
  }
}

/** Same kinds as before, each with a new key. */
function keyRequestsOf(kinds: readonly CertificateKind[]): RenewalTask['keyRequests'] {
  return kinds.map((kind) => ({ kind, origin: 'DEVICE', algorithms: DEVICE_ALGORITHMS }));
}

/** @throws DomainError CONFLICT where others have become certificates already */
function isRepeated(done: Done | undefined, digest: Buffer): boolean {
  if (done === undefined) return false;
  if (!done.requestsDigest.equals(digest)) throw new DomainError('CONFLICT');
  return true;
}

/** Suspended, revoked, run out or renewed already; or not the one that speaks for the mobile ID. */
function refuseOtherKey({ provingId }: Standing, { certificateId }: ProvenKey): void {
  if (provingId !== certificateId) throw rejected('KEY');
}

/** @throws DomainError INVALID_TRANSITION where new certificates would not be good for longer than the present ones */
function refuseWithoutGain({ endsAt, newEnd }: Standing): void {
  if (newEnd <= endsAt) throw new DomainError('INVALID_TRANSITION', { reason: 'NOTHING_GAINED' });
}

function refuseEarly(scope: Scope, standing: Standing, key: ProvenKey): void {
  refuseOtherKey(standing, key);
  refuseWithoutGain(standing);
  const { renewableFrom: from } = standing;
  if (scope.now < from) {
    throw new DomainError('INVALID_TRANSITION', { renewableFrom: from.toISOString() });
  }
}
