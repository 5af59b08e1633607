import type { UserActor } from '../../../kernel/actor.js';
import type { IdentityProviderId, SessionId, UserId } from '../../../kernel/ids.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { NameId } from './messages/response.js';
import type { IdentityProvider } from './providers/identity-provider.js';
import type { SamlOutcome } from './saml-outcome.js';

/** By which a provider knows one session. */
export interface ProviderSession {
  readonly nameId: NameId;
  readonly sessionIndex: string | null;
}

interface Row {
  name_id: string;
  name_id_format: string | null;
  name_qualifier: string | null;
  sp_name_qualifier: string | null;
  session_index: string | null;
}

/** Which session is which at the providers, so that a sign-out on one side reaches the other. */
export class SamlSessionService {
  async remember(
    scope: ChangeScope,
    { sessionId, userId }: UserActor,
    { provider, outcome }: { readonly provider: IdentityProvider; readonly outcome: SamlOutcome },
  ): Promise<void> {
    const { nameId, sessionIndex } = outcome;
    await scope.sql(
      'saml-session.remember',
      `INSERT INTO saml_session (session_id, provider_id, user_id, name_id, name_id_format, name_qualifier,
         sp_name_qualifier, session_index, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())
       ON CONFLICT (session_id, provider_id) DO UPDATE SET name_id = excluded.name_id,
         name_id_format = excluded.name_id_format, name_qualifier = excluded.name_qualifier,
         sp_name_qualifier = excluded.sp_name_qualifier, session_index = excluded.session_index`,
      [
        ...[sessionId, provider.id, userId, nameId.value, nameId.format],
        ...[nameId.nameQualifier, nameId.spNameQualifier, sessionIndex],
      ],
    );
  }

  async find(
    scope: Scope,
    sessionId: SessionId,
    providerId: IdentityProviderId,
  ): Promise<ProviderSession | undefined> {
    const [row] = await scope.sql<Row>(
      'saml-session.find',
      `SELECT name_id, name_id_format, name_qualifier, sp_name_qualifier, session_index
       FROM saml_session WHERE session_id = $1 AND provider_id = $2`,
      [sessionId, providerId],
    );
    return (
      row && {
        nameId: {
          value: row.name_id,
          format: row.name_id_format,
          nameQualifier: row.name_qualifier,
          spNameQualifier: row.sp_name_qualifier,
        },
        sessionIndex: row.session_index,
      }
    );
  }

  /** The sessions that a provider speaks of, which are forgotten with that; without indexes all of the name. */
  async takeNamed(
    scope: ChangeScope,
    providerId: IdentityProviderId,
    { nameId, sessionIndexes }: { nameId: string; sessionIndexes: readonly string[] },
  ): Promise<{ sessionId: SessionId; userId: UserId }[]> {
    const rows = await scope.sql<{ session_id: SessionId; user_id: UserId }>(
      'saml-session.take-named',
      `DELETE FROM saml_session WHERE provider_id = $1 AND name_id = $2
         AND (cardinality($3::text[]) = 0 OR session_index = ANY($3::text[]))
       RETURNING session_id, user_id`,
      [providerId, nameId, sessionIndexes],
    );
    return rows.map(({ session_id, user_id }) => ({ sessionId: session_id, userId: user_id }));
  }

  /** Deletes, a batch at a time, what no session can need any more. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'saml_session',
      key: 'session_id, provider_id',
      where: `created_at < now() - interval '60 days'`,
    });
  }
}
