import { randomUUID } from 'node:crypto';
import type { CodeMethod } from '../../../src/features/authentication/one-time-codes/one-time-code.service';
import { hashPassword } from '../../../src/features/users/password.service';
import type { UserId } from '../../../src/kernel/ids';
import { sha256 } from '../../../src/kernel/secrets';
import { noteSecret } from '../run';
import { given, someoneNew, type OwnArguments, type Setters, type Setting } from './scene';

const PRESENT_PASSWORD = 'the present one of the scene';
const NEW_PASSWORD = 'the new one of the scene';

/** Passwords, and one-time codes. */
export function passwordScenes(setting: Setting): Setters {
  const { cast } = setting;
  return {
    signInWithPassword: async () => {
      const { id, username, password } = cast.other;
      await givePassword(setting, password, { id });
      return given({ username, password });
    },
    requestPasswordReset: () => given({ username: cast.other.username }),
    setPassword: async () => given({ token: await passwordToken(setting), password: NEW_PASSWORD }),
    sendSmsCode: async () => {
      await givePhones(setting);
      return given({});
    },
    verifyEmailCode: () => given({ code: '' }),
    verifySmsCode: async () => {
      await givePhones(setting);
      return given({ code: '' });
    },
    changePassword: () => given({ current: '', password: '' }),
  };
}

export function passwordArguments(setting: Setting): Readonly<Record<string, OwnArguments>> {
  return {
    changePassword: async (token) => {
      if (token !== undefined) await givePassword(setting, PRESENT_PASSWORD, { token });
      return { current: PRESENT_PASSWORD, password: NEW_PASSWORD };
    },
    verifyEmailCode: async (token) => ({ code: await sentCode(setting, 'EMAIL_CODE', token) }),
    verifySmsCode: async (token) => ({ code: await sentCode(setting, 'SMS_CODE', token) }),
  };
}

/** The code that is sent to whoever has this session. */
async function sentCode(
  { server }: Setting,
  method: CodeMethod,
  token: string | undefined,
): Promise<string> {
  if (token === undefined) return '000000';
  const field = method === 'EMAIL_CODE' ? 'sendEmailCode' : 'sendSmsCode';
  const { errors } = await server.graphql(`mutation { ${field} }`, {}, { token });
  if (errors.length > 0) throw new Error(errors[0]?.extensions.code);
  const [last] = await server.database.query<{ id: string }>(
    'SELECT id FROM one_time_code WHERE method = $1 ORDER BY created_at DESC LIMIT 1',
    [method],
  );
  const { work, oneTimeCodes } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  const message = await oneTimeCodes.toSend(work.read(request), method, last?.id ?? '');
  if (message === null) throw new Error('No code was sent.');
  noteSecret(message.code);
  return message.code;
}

/** Behind the API, as a user may set his own alone. */
async function givePassword(
  { server }: Setting,
  password: string,
  { id, token }: { id?: string; token?: string },
): Promise<void> {
  await server.database.query(
    `UPDATE app_user SET password_hash = $1
     WHERE id = coalesce($2, (SELECT user_id FROM session WHERE token_hash = $3))`,
    [await hashPassword(password), id ?? null, token === undefined ? null : sha256(token)],
  );
}

/** A link that was mailed to someone new. */
async function passwordToken(setting: Setting): Promise<string> {
  const { server } = setting;
  const id = await someoneNew(setting);
  const { work, passwordLinks } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  await work.change(request, (scope) => passwordLinks.mailReset(scope, id as UserId));
  const [link] = await server.database.query<{ id: string }>(
    'SELECT id FROM password_link WHERE user_id = $1',
    [id],
  );
  const mail = await passwordLinks.toMail(work.read(request), link?.id ?? '');
  const token = mail?.link.split('#')[1] ?? '';
  noteSecret(token);
  return token;
}

async function givePhones({ server }: Setting): Promise<void> {
  await server.database.query(
    `UPDATE app_user SET phone = '+4179' || (1000000 + abs(hashtext(id::text)) % 9000000) WHERE phone IS NULL`,
  );
}
