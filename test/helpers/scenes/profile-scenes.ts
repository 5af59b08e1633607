import { given, type Scene, type Setters, type Setting } from './scene';

/** Alva's finished mobile ID, as each of its moves finds it. */
export function profileScenes({ server, finished }: Setting): Setters {
  const standing = async (state: string, suspendedBy: readonly string[]): Promise<Scene> => {
    const { profileId: id } = finished;
    await server.database.query('UPDATE profile SET state = $2, suspended_by = $3 WHERE id = $1', [
      id,
      state,
      suspendedBy,
    ]);
    await server.database.query(
      `UPDATE certificate SET status = $2, revoked_at = NULL, revocation_reason = NULL WHERE profile_id = $1`,
      [id, state === 'ACTIVE' ? 'VALID' : 'ON_HOLD'],
    );
    return given({ id });
  };
  return {
    revokeMyProfile: () => standing('ACTIVE', []),
    deactivateMyProfile: () => standing('ACTIVE', []),
    reactivateMyProfile: () => standing('INACTIVE', ['HOLDER']),
    revokeProfile: () => standing('ACTIVE', []),
    deactivateProfile: () => standing('ACTIVE', []),
    reactivateProfile: () => standing('INACTIVE', ['OPERATOR']),
  };
}
