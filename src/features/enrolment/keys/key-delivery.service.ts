import { DomainError, invalidInput } from '../../../kernel/errors.js';
import type { CertificateId, ProfileId, UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import {
  readWrappingKey,
  SERVER_ALGORITHMS,
  type KeyArchiveService,
  type Recipient,
  type ServerMadeKey,
} from '../../certificates/key-archive/key-archive.service.js';
import {
  profileOf,
  type CertificateTerms,
} from '../../certificates/profiles/certificate-profile.service.js';
import type { MobileIdProfile } from '../../profiles/profile.service.js';

type ServerAlgorithm = (typeof SERVER_ALGORITHMS)[number];

/** What a phone says of keys that come from the server. */
export interface KeyWish {
  /** Public JWK. */
  readonly wrappingKey?: string | null;
  /** Of the server-made key; the server's first choice, if left out. */
  readonly serverKeyAlgorithm?: string | null;
}

/** What will be delivered, prepared outside of any transaction. */
export interface KeyParcel {
  readonly recipient: Recipient | undefined;
  readonly made: readonly ServerMadeKey[];
}

export interface DeliveredKey {
  readonly certificateId: CertificateId;
  readonly jwe: string;
}

/** How long a phone may ask again for what it has not acknowledged; while it is being renewed, until that ends. */
const KEPT_HOURS = 24;
const IS_OLD = `wrapped_key.created_at <= now() - make_interval(hours => $1) AND NOT EXISTS (
  SELECT 1 FROM renewal r WHERE r.profile_id = wrapped_key.profile_id AND r.superseded_at IS NULL)`;

/** Keys on their way from the server to a phone: made, archived, wrapped, and forgotten once they have arrived. */
export class KeyDeliveryService {
  constructor(private readonly archive: KeyArchiveService) {}

  /**
   * Makes what is to be made. Throw the parcel away by {@link discard}.
   * @throws DomainError INVALID_INPUT where there is no key, or no proper one, to wrap for
   */
  async prepare(
    needs: {
      readonly serverMade: boolean;
      readonly recovered: boolean;
      readonly terms: CertificateTerms;
    },
    { wrappingKey, serverKeyAlgorithm }: KeyWish,
  ): Promise<KeyParcel> {
    const isMissing = wrappingKey === undefined || wrappingKey === null;
    const recipient = isMissing ? undefined : readWrappingKey(wrappingKey);
    if (!needs.serverMade && !needs.recovered) return { recipient, made: [] };
    if (recipient === undefined) {
      throw invalidInput('input.wrappingKey', 'The task asks for a key to wrap keys for.');
    }
    if (!needs.serverMade) return { recipient, made: [] };
    const algorithm = algorithmOf(serverAlgorithms(needs.terms), serverKeyAlgorithm ?? undefined);
    return { recipient, made: [await this.archive.make(algorithm)] };
  }

  /** Archives and wraps what was made, once its certificates are stored. */
  async deliverMade(
    scope: ChangeScope,
    { profileId, userId }: { readonly profileId: ProfileId; readonly userId: UserId | null },
    parcel: KeyParcel,
  ): Promise<void> {
    for (const key of parcel.made) {
      await this.archive.archive(scope, key, userId);
      await this.deliver(scope, { profileId, parcel, certificateId: key.certificateId }, key.pkcs8);
    }
  }

  /** Wraps one key, and keeps the wrapped form until the phone has it. */
  async deliver(
    scope: ChangeScope,
    to: { profileId: ProfileId; parcel: KeyParcel; certificateId: CertificateId },
    pkcs8: Buffer,
  ): Promise<void> {
    const { profileId, parcel, certificateId } = to;
    if (parcel.recipient === undefined) throw new Error('There is no key to wrap for.');
    const jwe = await this.archive.wrap(parcel.recipient, certificateId, pkcs8);
    await scope.sql(
      'key-delivery.keep',
      'INSERT INTO wrapped_key (profile_id, certificate_id, jwe, created_at) VALUES ($1, $2, $3, now())',
      [profileId, certificateId, jwe],
    );
  }

  /**
   * What has not been acknowledged, and is not too old; nothing for a mobile ID that is over.
   * @throws DomainError INVALID_TRANSITION with `from` where there is something, but the mobile ID is suspended: whoever has its
   * phone may ask again once it is not
   */
  async kept(scope: Scope, profileId: ProfileId): Promise<DeliveredKey[]> {
    const rows = await scope.sql<DeliveredKey & Pick<MobileIdProfile, 'state'>>(
      'key-delivery.kept',
      `SELECT certificate_id AS "certificateId", jwe, p.state FROM wrapped_key JOIN profile p ON p.id = profile_id
       WHERE profile_id = $2 AND p.state IN ('ACTIVE', 'INACTIVE') AND p.valid_to > now() AND NOT (${IS_OLD})
       ORDER BY wrapped_key.created_at, certificate_id`,
      [KEPT_HOURS, profileId],
    );
    return rows.map(({ state, ...key }) => {
      if (state !== 'ACTIVE') throw new DomainError('INVALID_TRANSITION', { from: state });
      return key;
    });
  }

  /** The phone has stored them. */
  async forget(scope: ChangeScope, profileId: ProfileId): Promise<void> {
    await scope.sql('key-delivery.forget', 'DELETE FROM wrapped_key WHERE profile_id = $1', [
      profileId,
    ]);
  }

  /** For mobile IDs that are over: their phones get nothing more. */
  async forgetEnded(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    await scope.sql(
      'key-delivery.forget-ended',
      `DELETE FROM wrapped_key USING profile p
       WHERE p.id = profile_id AND p.id = ANY($1) AND p.state IN ('REVOKED', 'EXPIRED')`,
      [profileIds],
    );
  }

  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql('key-delivery.purge', `DELETE FROM wrapped_key WHERE ${IS_OLD}`, [KEPT_HOURS]);
  }
}

/** Overwrites the private keys that were made. */
export function discard({ made }: KeyParcel): void {
  for (const { pkcs8 } of made) pkcs8.fill(0);
}

/** Key types that the server may make for an order, the preferred one first. */
export function serverAlgorithms(terms: CertificateTerms): readonly ServerAlgorithm[] {
  const { keyAlgorithms: allowed } = profileOf(terms, 'ENCRYPTION');
  return SERVER_ALGORITHMS.filter((known) => allowed.includes(known));
}

function algorithmOf(
  possible: readonly ServerAlgorithm[],
  wanted: string | undefined = possible[0],
): ServerAlgorithm {
  const algorithm = possible.find((known) => known === wanted);
  if (algorithm !== undefined) return algorithm;
  throw invalidInput('input.serverKeyAlgorithm', `It must be one of ${possible.join(', ')}.`);
}
