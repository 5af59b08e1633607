import { randomUUID } from 'node:crypto';
import type { AuthenticationMethod } from '../../src/kernel/actor';
import type { UserId } from '../../src/kernel/ids';
import { noteSecret } from './run';
import type { TestServer } from './server';

/** A session of this user with these proofs, opened behind the sign-in. Gives its token. */
export async function sessionOf(
  { app }: Pick<TestServer, 'app'>,
  userId: string,
  methods: readonly AuthenticationMethod[] = ['PASSWORD', 'EMAIL_CODE'],
): Promise<string> {
  const { work, sessions } = app.services;
  const request = await work.systemRequest('test', randomUUID());
  const token = await work.change(request, async (scope) => {
    const [first, ...others] = methods.map((method) => ({
      method,
      provider: null,
      credential: method,
    }));
    if (first === undefined) throw new Error('A session begins with a proof.');
    let opened = await sessions.open(scope, userId as UserId, first);
    for (const proof of others) opened = await sessions.strengthen(scope, opened.actor, proof);
    return opened.token;
  });
  noteSecret(token);
  return token;
}

/** The methods proven in a session, as the session itself is told. */
export async function evidenceOf(
  { graphql }: Pick<TestServer, 'graphql'>,
  token: string,
): Promise<string[]> {
  const { data } = await graphql('{ viewer { evidence { method } } }', {}, { token });
  return (data.viewer.evidence as { method: string }[]).map(({ method }) => method);
}
