import { z } from 'zod';
import { Refusal, type PublicApi } from './api.js';
import { mailedCode, type Mailbox } from './mails.js';

const SIGN_IN = `mutation ($username: String!, $password: String!) {
  signInWithPassword(username: $username, password: $password) {
    token viewer { evidence { method } }
  }
}`;
const VERIFY = `mutation ($code: String!) {
  verifyEmailCode(code: $code) { token viewer { evidence { method } } }
}`;

const requirement = z.object({
  method: z.string(),
  maxAgeSeconds: z.number().nullish(),
  reason: z.string().optional(),
  /** Null where the viewer has not set it up. */
  option: z.object({}).nullish(),
});
const clauses = z.array(z.object({ anyOf: z.array(requirement) }));
type Clauses = z.infer<typeof clauses>;

export interface SignedIn {
  readonly token: string;
  readonly methods: readonly string[];
}
interface SignIn {
  readonly token: string;
  readonly viewer: { readonly evidence: readonly { readonly method: string }[] };
}

/** @throws Error where the password is not the one of the first start */
export async function signIn(
  api: PublicApi,
  username: string,
  password: string,
): Promise<SignedIn> {
  const { signInWithPassword } = await api.call<{ signInWithPassword: SignIn }>(SIGN_IN, {
    username,
    password,
  });
  return signedIn(signInWithPassword);
}

/** Adds EMAIL_CODE to the session's evidence. */
export async function proveByMail(
  api: PublicApi,
  { token }: SignedIn,
  { mailbox, address }: { readonly mailbox: Mailbox; readonly address: string },
): Promise<SignedIn & { readonly code: string }> {
  const code = await mailedCode(mailbox, address, () =>
    api.call('mutation { sendEmailCode }', {}, token),
  );
  const { verifyEmailCode } = await api.call<{ verifyEmailCode: SignIn }>(VERIFY, { code }, token);
  return { ...signedIn(verifyEmailCode), code };
}

function signedIn({ token, viewer }: SignIn): SignedIn {
  return { token, methods: [...new Set(viewer.evidence.map(({ method }) => method))] };
}

/** What a refusal says is missing; undefined where it is another refusal, or no proof could help. */
export function missingOf(error: unknown): Clauses | undefined {
  if (!(error instanceof Refusal)) return undefined;
  if (error.code !== 'INSUFFICIENT_USER_AUTHENTICATION') return undefined;
  const read = clauses.safeParse(error.facts['missing']);
  return read.success ? read.data : undefined;
}

/** `needs one of EMAIL_CODE (at most 10 min old)`: of the methods that would do, those that the viewer has. */
export function inWords(missing: Clauses): string {
  const each = missing.map(({ anyOf }) => {
    const own = anyOf.filter(({ option }) => typeof option === 'object' && option !== null);
    return `one of ${namesOf(own.length > 0 ? own : anyOf).join(', ')}`;
  });
  return `needs ${each.join(' and ')}`;
}

/** Neighbours of the same age have it told once. */
function namesOf(requirements: Clauses[number]['anyOf']): string[] {
  return requirements.map(({ method, maxAgeSeconds }, i) => {
    const isToldLater = requirements[i + 1]?.maxAgeSeconds === maxAgeSeconds;
    if (isToldLater || typeof maxAgeSeconds !== 'number') return method;
    return `${method} (at most ${inUnits(maxAgeSeconds)} old)`;
  });
}

export function inUnits(seconds: number): string {
  if (seconds >= 7200) return `${String(Math.round(seconds / 3600))} h`;
  return seconds >= 120 ? `${String(Math.round(seconds / 60))} min` : `${String(seconds)} s`;
}
