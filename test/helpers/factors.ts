import { createHmac } from 'node:crypto';
import type { SoftwareAuthenticator, Forgery } from './authenticator';
import type { GraphqlAnswer } from './graphql';
import { noteSecret } from './run';
import type { TestServer } from './server';

type Server = Pick<TestServer, 'graphql' | 'database'>;
type Callable = Pick<TestServer, 'graphql'>;

const PERIOD_SECONDS = 30;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An authenticator app: its base32 secret, and the codes that follow from it, reckoned without the server's library. */
export class AuthenticatorApp {
  readonly secret: Buffer;

  constructor(base32: string) {
    noteSecret(base32);
    const bits = Array.from(base32, (letter) =>
      ALPHABET.indexOf(letter).toString(2).padStart(5, '0'),
    ).join('');
    const bytes = bits.match(/.{8}/g) ?? [];
    this.secret = Buffer.from(bytes.map((byte) => parseInt(byte, 2)));
  }

  /** What it shows now, or so many steps from now. */
  code(steps = 0): string {
    return this.codeAt(new Date(Date.now() + steps * PERIOD_SECONDS * 1000));
  }

  /** RFC 6238 section 4.2, RFC 4226 section 5.3. */
  codeAt(at: Date): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 1000 / PERIOD_SECONDS)));
    const mac = createHmac('sha1', this.secret).update(counter).digest();
    const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 0x0f) & 0x7fffffff;
    return String(number % 1e6).padStart(6, '0');
  }
}

export const startTotp = (
  { graphql }: Callable,
  token: string,
  name = 'App',
): Promise<GraphqlAnswer<any>> =>
  graphql(
    `
      mutation ($name: String!) {
        startTotpEnrolment(name: $name) {
          secret
          qr {
            uri
          }
          authenticator {
            id
            name
            createdAt
            lastUsedAt
            isConfirmed
          }
        }
      }
    `,
    { name },
    { token },
  );

export const confirmTotp = (
  { graphql }: Callable,
  token: string,
  id: string,
  code: string,
): Promise<GraphqlAnswer<any>> =>
  graphql(
    `
      mutation ($id: ID!, $code: String!) {
        confirmTotpEnrolment(id: $id, code: $code) {
          id
          name
          isConfirmed
          lastUsedAt
        }
      }
    `,
    { id, code },
    { token },
  );

export const verifyTotp = (
  { graphql }: Callable,
  token: string,
  code: string,
): Promise<GraphqlAnswer<any>> =>
  graphql(
    `
      mutation ($code: String!) {
        verifyTotp(code: $code) {
          token
          viewer {
            evidence {
              method
              provider
            }
          }
        }
      }
    `,
    { code },
    { token },
  );

/** A confirmed authenticator, whose present code is still unused. */
export async function enrolTotp(
  server: Server,
  token: string,
): Promise<{ readonly id: string; readonly app: AuthenticatorApp }> {
  const { data } = await startTotp(server, token);
  const { secret, authenticator } = data.startTotpEnrolment;
  const app = new AuthenticatorApp(secret as string);
  const id = authenticator.id as string;
  const { errors } = await confirmTotp(server, token, id, app.code());
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  await forgetSteps(server, id);
  return { id, app };
}

/** So that codes may be used again. */
export async function forgetSteps({ database }: Server, id: string): Promise<void> {
  await database.query('UPDATE totp_authenticator SET last_step = 0 WHERE id = $1', [id]);
}

export interface Ceremony {
  readonly id: string;
  readonly options: string;
}

export const startRegistration = (
  { graphql }: Callable,
  token: string,
): Promise<GraphqlAnswer<any>> =>
  graphql('mutation { startPasskeyRegistration { id options expiresAt } }', {}, { token });

export const finishRegistration = (
  { graphql }: Callable,
  token: string,
  given: { readonly id: string; readonly response: string; readonly name?: string },
): Promise<GraphqlAnswer<any>> =>
  graphql(
    `
      mutation ($id: ID!, $name: String!, $response: String!) {
        finishPasskeyRegistration(id: $id, name: $name, response: $response) {
          id
          name
          createdAt
          lastUsedAt
          isBackedUp
        }
      }
    `,
    { name: 'Passkey', ...given },
    { token },
  );

/** @returns the passkey's id */
export async function registerPasskey(
  server: Callable,
  token: string,
  authenticator: SoftwareAuthenticator,
): Promise<string> {
  const { id, options } = ceremonyOf(await startRegistration(server, token));
  const response = authenticator.register(options);
  const { data, errors } = await finishRegistration(server, token, { id, response });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.finishPasskeyRegistration.id as string;
}

export const startPasskey = ({ graphql }: Callable, token?: string): Promise<GraphqlAnswer<any>> =>
  graphql('mutation { startPasskeySignIn { id options expiresAt } }', {}, { token });

export const finishPasskey = (
  { graphql }: Callable,
  given: { readonly id: string; readonly response: string },
  token?: string,
): Promise<GraphqlAnswer<any>> =>
  graphql(
    `
      mutation ($id: ID!, $response: String!) {
        finishPasskeySignIn(id: $id, response: $response) {
          token
          viewer {
            user {
              id
            }
            evidence {
              method
              provider
            }
          }
        }
      }
    `,
    given,
    { token },
  );

/** A whole sign-in by passkey; with a token, a proof within its session. */
export async function provePasskey(
  server: Callable,
  authenticator: SoftwareAuthenticator,
  { token, forgery }: { readonly token?: string; readonly forgery?: Forgery } = {},
): Promise<GraphqlAnswer<any>> {
  const { id, options } = ceremonyOf(await startPasskey(server, token));
  return finishPasskey(server, { id, response: authenticator.assert(options, forgery) }, token);
}

/** @throws Error where it was refused */
export function ceremonyOf({ data, errors }: GraphqlAnswer<any>): Ceremony {
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return (data.startPasskeyRegistration ?? data.startPasskeySignIn) as Ceremony;
}
