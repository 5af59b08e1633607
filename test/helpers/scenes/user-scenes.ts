import type { UserId } from '../../../src/kernel/ids';
import { newName } from '../orders';
import { sessionOf } from '../sessions';
import { given, someoneNew, type Scene, type Setters, type Setting } from './scene';

/** Users as operators look after them, and sessions. */
export function userScenes(setting: Setting): Setters {
  const { server, cast } = setting;
  const { query } = server.database;
  const ofNewUser = async (more: Scene['args'] = {}): Promise<Scene> =>
    given({ id: await someoneNew(setting), ...more });
  return {
    user: () => given({ id: cast.alva.id }),
    createUser: () => given({ input: { username: newName('u'), displayName: 'U' } }),
    updateUser: () => ofNewUser({ input: { displayName: 'New' } }),
    activateUser: async () => {
      const id = await someoneNew(setting);
      await query(`UPDATE app_user SET state = 'INACTIVE' WHERE id = $1`, [id]);
      return given({ id });
    },
    deactivateUser: () => ofNewUser(),
    lockUser: () => ofNewUser({ reason: 'Lost.' }),
    setUserRoles: () => ofNewUser({ roles: ['USER'] }),
    invitePassword: async () => {
      const userId = await someoneNew(setting);
      await query('UPDATE app_user SET password_hash = NULL WHERE id = $1', [userId]);
      return given({ userId });
    },
    endMySession: () => anotherSession(setting),
    endSession: () => anotherSession(setting),
    endSessionsOfUser: () => given({ userId: cast.other.id }),
    unlockMethod: async () => {
      const userId = cast.other.id;
      await server.app.services.attempts.count('TOTP', userId as UserId);
      return given({ userId, method: 'TOTP' });
    },
  };
}

/** Of alva, beside the one that she calls from. */
async function anotherSession({ server, cast }: Setting): Promise<Scene> {
  const { id: userId } = cast.alva;
  await sessionOf(server, userId);
  const [session] = await server.database.query<{ id: string }>(
    'SELECT id FROM session WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1',
    [userId],
  );
  return given({ id: session?.id });
}
