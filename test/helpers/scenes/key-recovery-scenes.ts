import { given, type OwnArguments, type Scene, type Setters, type Setting } from './scene';

/** Recovery of alva's encryption keys, as operators ask for it, and the phone's word that it has what it needs. */
export function keyRecoveryScenes(setting: Setting): Setters {
  const { cast, finished } = setting;
  return {
    acknowledgeActivation: () => given({ deviceToken: finished.deviceToken }),
    requestKeyRecovery: async () => {
      const certificateIds = [await archived(setting)];
      return given({ input: { userId: cast.alva.id, certificateIds, reason: 'Lost phone.' } });
    },
    approveKeyRecovery: () => requested(setting),
    rejectKeyRecovery: () => requested(setting),
  };
}

/** Nobody approves the same recovery twice. */
export function keyRecoveryArguments(setting: Setting): Readonly<Record<string, OwnArguments>> {
  return { approveKeyRecovery: async () => (await requested(setting)).args };
}

/** As if it had been asked for by the administrator of another day. */
async function requested(setting: Setting): Promise<Scene> {
  const { server, cast } = setting;
  const [row] = await server.database.query<{ id: string }>(
    `INSERT INTO key_recovery (id, user_id, certificate_ids, reason, state, requested_by, created_at, expires_at)
     VALUES (gen_random_uuid(), $1, ARRAY[$2::uuid], 'Lost phone.', 'REQUESTED', $3, now(), now() + interval '1 day')
     RETURNING id`,
    [cast.alva.id, await archived(setting), cast.other.id],
  );
  return given({ id: row?.id });
}

/** A certificate of alva's that looks as if its key were archived. */
async function archived({ server, finished }: Setting): Promise<string> {
  const [row] = await server.database.query<{ id: string }>(
    `INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before, not_after,
       key_origin, der, fingerprint, public_key_hash)
     SELECT gen_random_uuid(), profile_id, issuer_id, 'ENCRYPTION', 'VALID', upper(replace(gen_random_uuid()::text, '-', '')),
       subject, issuer, not_before, not_after, 'SERVER', der, gen_random_uuid()::text, gen_random_uuid()::text::bytea
     FROM certificate WHERE profile_id = $1 AND kind = 'AUTHENTICATION' RETURNING id`,
    [finished.profileId],
  );
  await server.database.query(
    `INSERT INTO archived_key (certificate_id, kind, key_origin, recovery_key_id, jwe, created_at)
     VALUES ($1, 'ENCRYPTION', 'SERVER', 'none', 'none', now())`,
    [row?.id],
  );
  return row?.id ?? '';
}
