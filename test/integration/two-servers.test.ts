import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { codeOf } from '../helpers/graphql';
import {
  activate,
  newName,
  orderFor,
  phoneAt,
  requestsFor,
  setStage,
  type Stage,
} from '../helpers/orders';
import { createPerson, signIn, stepUp } from '../helpers/people';
import { Site } from '../helpers/processes/process';
import { Watcher } from '../helpers/subscription';

/** Both stand behind one name, as behind a load balancer. */
const PUBLIC_URL = 'https://id.example.org';

let database: TestDatabase;
let one: Site;
let other: Site;
let stage: Stage;
beforeAll(async () => {
  database = await createTestDatabase();
  const environment = { PUBLIC_URL };
  one = await Site.start({ database, environment });
  other = await Site.start({ database, environment, dataDir: one.dataDir });
  stage = await setStage(one);
});
afterAll(async () => {
  await other.remove();
  await one.remove();
  await database.drop();
});

async function personAt(site: Site): Promise<{ id: string; email: string; token: string }> {
  const person = await createPerson(site, stage.admin, newName('user'));
  return { ...person, token: await signIn(site, person.username, person.password) };
}

test('an enrolment started and watched on one server is claimed and activated on the other', async () => {
  const order = await orderFor(one, stage);
  expect(order.publicUrl).toBe(PUBLIC_URL);
  const { id, watchToken } = order;
  const page = await new Watcher(one.url, id, { watchToken }).until('WAITING_FOR_SCAN');
  const phone = phoneAt(other.url, PUBLIC_URL);
  await phone.claim(order);
  await page.until('SCANNED');
  const { profile } = await phone.complete();
  expect(await page.ended).toEqual({ kind: 'complete' });
  expect(page.statuses).toEqual(['WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE']);
  const { data } = await one.graphql(
    'query ($id: ID!) { enrolment(id: $id) { profile { id certificates { fingerprint } } } }',
    { id },
    { token: stage.admin },
  );
  expect(data.enrolment.profile).toEqual({
    id: profile.id,
    certificates: profile.certificates.map(({ fingerprint }) => ({ fingerprint })),
  });
});

test('the same requests sent to both servers at once make one profile', async () => {
  const order = await orderFor(one, stage);
  const task = await phoneAt(one.url, PUBLIC_URL).claim(order);
  const requests = await requestsFor(task);
  const answers = await Promise.all(
    [one, other, one, other].map((site) => activate(site, task, requests)),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await database.query('SELECT id FROM profile')).toContainEqual({
    id: answers[0]?.id,
  });
});

test('a session of one server is a session of the other, with its proofs', async () => {
  const { email, token } = await personAt(one);
  const stronger = await stepUp(other, token, email);
  const { data } = await one.graphql('{ viewer { evidence { method } } }', {}, { token: stronger });
  expect(data.viewer.evidence).toEqual([{ method: 'PASSWORD' }, { method: 'EMAIL_CODE' }]);
});

test('a change of the rules on one server holds at once on the other, for sockets too', async () => {
  const { id, token } = await personAt(one);
  const order = await orderFor(one, stage, id);
  const page = await new Watcher(other.url, order.id, { token }).until('WAITING_FOR_SCAN');
  const offers = (): Promise<any> =>
    other.graphql('{ mobileIdOffers { projectId } }', {}, { token });
  expect((await offers()).errors).toEqual([]);

  const { data } = await one.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    {
      input: {
        name: 'Closed',
        effect: 'DENY',
        resources: ['/mobile-id', '/enrolments'],
        require: [],
      },
    },
    { token: stage.admin },
  );
  expect(codeOf(await offers())).toBe('FORBIDDEN');
  expect(await page.closed).toBe(4403);

  await one.graphql(
    'mutation ($id: ID!) { deleteAccessRule(id: $id) }',
    { id: data.createAccessRule.id },
    { token: stage.admin },
  );
  expect((await offers()).errors).toEqual([]);
});

test('a session that is ended on one server is over on the other, and its socket closed', async () => {
  const { id, token } = await personAt(one);
  const order = await orderFor(one, stage, id);
  const page = await new Watcher(other.url, order.id, { token }).until('WAITING_FOR_SCAN');
  await one.graphql('mutation { signOut }', {}, { token });
  expect(await page.closed).toBe(4401);
  expect(codeOf(await other.graphql('{ viewer { user { id } } }', {}, { token }))).toBe(
    'UNAUTHENTICATED',
  );
});

test('the work of a server that is killed is taken over by the other', async () => {
  const order = await orderFor(one, stage);
  const phone = phoneAt(one.url, PUBLIC_URL, () => Promise.reject(new Error('gone')));
  await phone.claim(order);
  const page = await new Watcher(other.url, order.id, { watchToken: order.watchToken }).until(
    'SCANNED',
  );
  await one.process.kill();
  const { errors } = await other.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }',
    { id: order.id },
    { watchToken: order.watchToken },
  );
  expect(errors).toEqual([]);
  expect(await page.ended).toEqual({ kind: 'complete' });
  await one.start();
});
