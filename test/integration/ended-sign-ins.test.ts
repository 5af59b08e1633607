import { Client } from 'pg';
import { createPerson } from '../helpers/people';
import { SoftwareAuthenticator } from '../helpers/authenticator';
import { registerPasskey } from '../helpers/factors';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import {
  AnyAnswerPhone,
  finishProof,
  readChallenge,
  sendAnswer,
  startProof,
} from '../helpers/mobile-id';
import { newName } from '../helpers/orders';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

/** Two transactions at once: both are held before their end, until both have begun. */
test('a sign-in under way when the user is deactivated opens nothing, then or after he is active again', async () => {
  const person = await createPerson(server, cast.admin, newName('user'));
  const authenticator = new SoftwareAuthenticator(server.url, { isSynced: true });
  await registerPasskey(server, await sessionOf(server, person.id), authenticator);
  const begun = await server.graphql('mutation { startPasskeySignIn { id options } }');
  const { id, options } = begun.data.startPasskeySignIn as { id: string; options: string };
  const response = authenticator.assert(options);
  const hold = server.database.query(
    `DO $$ BEGIN LOCK TABLE audit_entry IN EXCLUSIVE MODE; PERFORM pg_sleep(3); END $$`,
  );
  await eventually(() => waitingBackends(1));
  const deactivated = server.graphql(
    'mutation ($id: ID!) { deactivateUser(id: $id) { state } }',
    { id: person.id },
    { token: cast.admin },
  );
  const signedIn = server.graphql(
    'mutation ($id: ID!, $response: String!) { finishPasskeySignIn(id: $id, response: $response) { token } }',
    { id, response },
  );
  const [answer, ended] = await Promise.all([signedIn, deactivated, hold]);
  expect(ended.errors).toEqual([]);
  const token = (answer.data?.finishPasskeySignIn?.token ?? 'none') as string;
  noteSecret(token);
  const again = await server.graphql(
    'mutation ($id: ID!) { activateUser(id: $id) { state } }',
    { id: person.id },
    { token: cast.admin },
  );
  expect(again.errors).toEqual([]);
  expect(codeOf(await server.graphql('{ viewer { user { id } } }', {}, { token }))).toBe(
    'UNAUTHENTICATED',
  );
});

/** The lock of the session is held from outside until both wait, the one behind the other. */
test('taking the answer of a phone waits for the end of its user, and neither waits in a circle', async () => {
  const person = await createPerson(server, cast.admin, newName('user'));
  const token = await sessionOf(server, person.id);
  const phone = await AnyAnswerPhone.enrol(server, token, cast.projectId);
  const proof = await startProof(server, token);
  const { data } = await readChallenge(server, proof.code);
  const answer = phone.answer(data.mobileIdChallenge, proof.number);
  expect((await sendAnswer(server, proof.code, answer)).errors).toEqual([]);
  const outsider = new Client({ connectionString: server.database.url });
  await outsider.connect();
  try {
    await outsider.query('BEGIN');
    await outsider.query('SELECT id FROM session WHERE user_id = $1 FOR UPDATE', [person.id]);
    const locked = server.graphql(
      'mutation ($id: ID!) { lockUser(id: $id, reason: "Gone.") { state } }',
      { id: person.id },
      { token: cast.admin },
    );
    await eventually(() => waitingForLocks(1));
    const finished = finishProof(server, token, proof.id);
    await eventually(() => waitingForLocks(2));
    await outsider.query('COMMIT');
    expect((await locked).data?.lockUser).toEqual({ state: 'LOCKED' });
    expect(codeOf(await finished)).toBe('USER_NOT_ACTIVE');
  } finally {
    await outsider.end();
  }
});

async function waitingForLocks(least: number): Promise<true | undefined> {
  const [row] = await server.database.query<{ count: number }>(
    `SELECT count(DISTINCT l.pid)::int AS count FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE NOT l.granted AND a.datname = current_database()`,
  );
  return (row?.count ?? 0) >= least ? true : undefined;
}

async function waitingBackends(least: number): Promise<true | undefined> {
  const [row] = await server.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_locks WHERE relation = 'audit_entry'::regclass AND mode = 'ExclusiveLock'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return (row?.count ?? 0) >= least ? true : undefined;
}
