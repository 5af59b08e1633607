import { randomUUID } from 'node:crypto';
import type { CeremonyPurpose } from '../../../src/features/authentication/passkeys/passkey.entity';
import { SoftwareAuthenticator } from '../authenticator';
import { AuthenticatorApp, enrolTotp, registerPasskey, startTotp } from '../factors';
import { newName } from '../orders';
import { given, type OwnArguments, type Scene, type Setters, type Setting } from './scene';

/** Authenticator apps, passkeys and client certificates. */
export function factorScenes(setting: Setting): Setters {
  const { server, cast } = setting;
  return {
    startTotpEnrolment: () => given({ name: 'App' }),
    confirmTotpEnrolment: async () => {
      const { data } = await startTotp(server, await alvaWithoutTotp(setting));
      const { secret, authenticator } = data.startTotpEnrolment;
      const app = new AuthenticatorApp(secret as string);
      return given({ id: authenticator.id, code: app.code() });
    },
    removeTotpAuthenticator: async () => {
      const { id } = await enrolTotp(server, await alvaWithoutTotp(setting));
      return given({ id });
    },
    verifyTotp: async () => {
      const { app } = await enrolTotp(server, await alvaWithoutTotp(setting));
      return given({ code: app.code() });
    },
    finishPasskeyRegistration: () => given({ id: '', name: 'Passkey', response: '' }),
    finishPasskeySignIn: () => given({ id: '', response: '' }),
    removePasskey: async () => {
      const authenticator = new SoftwareAuthenticator(server.url);
      await forgetOtherPasskeys(setting);
      return given({ id: await registerPasskey(server, cast.alva.token, authenticator) });
    },
    removeMyClientCertificate: () => certificateOfAlva(setting),
  };
}

export function factorArguments(setting: Setting): Readonly<Record<string, OwnArguments>> {
  return {
    finishPasskeyRegistration: async (token) => {
      const { id, options } = await ceremony(setting, 'REGISTRATION', token);
      return { id, response: new SoftwareAuthenticator(setting.server.url).register(options) };
    },
    /** To prove something, it is alva's authenticator that answers. */
    finishPasskeySignIn: async (token) => {
      const { id, options } = await ceremony(setting, 'SIGN_IN', token);
      return { id, response: setting.passkey.assert(options) };
    },
  };
}

/** Begun by whoever has this session, or none: behind the API, which lets only those begin who may. */
async function ceremony(
  { server }: Setting,
  purpose: CeremonyPurpose,
  token: string | undefined,
): Promise<{ id: string; options: string }> {
  const { work, sessions, challenges } = server.app.services;
  const found = token === undefined ? undefined : await sessions.byToken(work.sql, token);
  const system = await work.systemRequest('test', randomUUID());
  const request = { ...system, actor: found?.actor ?? ({ kind: 'anonymous' } as const) };
  const { id, challenge } = await work.change(request, (scope) => challenges.open(scope, purpose));
  const party = { rpId: 'localhost', rp: { id: 'localhost' } };
  return { id, options: JSON.stringify({ ...party, challenge: challenge.toString('base64url') }) };
}

/** @returns alva's session, without an authenticator app of hers */
async function alvaWithoutTotp({ server, cast }: Setting): Promise<string> {
  const { id, token } = cast.alva;
  await server.database.query('DELETE FROM totp_authenticator WHERE user_id = $1', [id]);
  return token;
}

/** As there is a limit to them. */
async function forgetOtherPasskeys({ server, cast }: Setting): Promise<void> {
  await server.database.query(
    `DELETE FROM passkey WHERE user_id = $1
       AND created_at > (SELECT min(created_at) FROM passkey WHERE user_id = $1)`,
    [cast.alva.id],
  );
}

async function certificateOfAlva({ server, cast }: Setting): Promise<Scene> {
  const id = randomUUID();
  await server.database.query(
    `INSERT INTO client_certificate (id, user_id, to_be_signed_hash, fingerprint, subject, issuer, not_after, created_at)
     VALUES ($1, $2, sha256($3::text::bytea), $3, 'CN=alva', 'CN=CA', now(), now())`,
    [id, cast.alva.id, newName('fingerprint')],
  );
  return given({ id });
}
