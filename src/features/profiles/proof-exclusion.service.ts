import { credentialOf } from '../../kernel/certificate-credential.js';
import { parseId, type CertificateId, type ProfileId, type UserId } from '../../kernel/ids.js';
import type { LostContact } from '../../kernel/lost-contact.js';
import type { Scope } from '../../platform/scope.js';
import type { NamedCredentials } from '../access/access.service.js';
import type { User, UserService } from '../users/user.service.js';

const KEYS = `
  SELECT DISTINCT p.id, c.fingerprint
  FROM profile p LEFT JOIN certificate c ON c.profile_id = p.id AND c.kind = 'AUTHENTICATION'
  WHERE p.user_id = $1
    AND (p.id = ANY($2) OR p.id IN (SELECT profile_id FROM certificate WHERE id = ANY($3)))`;

const ADDRESS_OF: Readonly<Record<LostContact, (user: User) => string | null>> = {
  EMAIL: ({ email }) => email,
  PHONE: ({ phone }) => phone,
};

/** Which of a user's credentials prove nothing for an operation: those that it replaces or recovers, and those that are lost. */
export class ProofExclusionService {
  constructor(private readonly users: UserService) {}

  /** Of the actor; nobody else has anything that could be excluded. */
  async ofViewer(scope: Scope, named: NamedCredentials): Promise<string[]> {
    if (scope.actor.kind !== 'user' || namesNothing(named)) return [];
    return this.of(scope, await this.users.get(scope, scope.actor.userId), named);
  }

  /** What is not the user's own is none of his credentials, and left out. */
  async of(scope: Scope, user: User, named: NamedCredentials): Promise<string[]> {
    const { replacesProfileId, declaredLost, recoverCertificateIds } = named;
    const addresses = (declaredLost ?? []).map((lost) => ADDRESS_OF[lost](user));
    const profileIds = idsIn<ProfileId>([replacesProfileId]);
    const certificateIds = idsIn<CertificateId>(recoverCertificateIds ?? []);
    const keys = await this.keysOf(scope, user.id, { profileIds, certificateIds });
    return [...new Set([...keys, ...addresses.filter((address) => address !== null)])];
  }

  /** A mobile ID proves itself by answering a question, or its key does in a TLS connection. */
  private async keysOf(
    scope: Scope,
    userId: UserId,
    named: { readonly profileIds: ProfileId[]; readonly certificateIds: CertificateId[] },
  ): Promise<string[]> {
    const { profileIds, certificateIds } = named;
    if (profileIds.length + certificateIds.length === 0) return [];
    const rows = await scope.sql<{ id: ProfileId; fingerprint: string | null }>(
      'proof-exclusion.keys',
      KEYS,
      [userId, profileIds, certificateIds],
    );
    return rows.flatMap(({ id, fingerprint }) =>
      fingerprint === null ? [id] : [id, credentialOf(fingerprint)],
    );
  }
}

export function namesNothing({
  replacesProfileId,
  declaredLost,
  recoverCertificateIds,
}: NamedCredentials): boolean {
  const isReplaced = typeof replacesProfileId === 'string';
  return !isReplaced && (declaredLost ?? []).length + (recoverCertificateIds ?? []).length === 0;
}

function idsIn<Id extends string>(texts: readonly (string | null | undefined)[]): Id[] {
  return texts.flatMap((text) => {
    const id = typeof text === 'string' ? parseId<Id>(text) : undefined;
    return id === undefined ? [] : [id];
  });
}
