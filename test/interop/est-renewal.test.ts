import { X509Certificate } from 'node:crypto';
import { pemOf } from '../../src/features/certificates/x509/pem';
import type { EstClient } from '../helpers/certificates/est-client';
import { problemOf, setEstStage, type EstStage } from '../helpers/certificates/est-stage';
import { createProject } from '../helpers/people';
import { newName } from '../helpers/orders';
import { RenewingPhone } from '../helpers/renewals';
import { forgetAttempts, rowsOf } from '../helpers/rows';

let stage: EstStage;
let client: EstClient;

beforeAll(async () => {
  stage = await setEstStage({ validityDays: 20 });
  ({ client } = stage);
});
beforeEach(() => forgetAttempts(stage.database));
afterAll(() => stage.remove());

interface Enrolled {
  readonly profileId: string;
  readonly enrolmentId: string;
  /** Name of the files with the authentication certificate and its key. */
  readonly auth: string;
  readonly sign: string;
}

/** A mobile ID that was made over EST. */
async function enrolled(input: Readonly<Record<string, unknown>> = {}): Promise<Enrolled> {
  const { id, code } = await stage.order(input);
  const names = { authentication: newName('auth'), signature: newName('sign') };
  for (const [label, name] of Object.entries(names)) {
    const body = await client.request(name);
    const answer = await client.call({ operation: `${label}/simpleenroll`, body, code });
    await client.certificatesIn(answer, name);
  }
  const profile = await stage.profileOf(id);
  return {
    profileId: profile?.id ?? '',
    enrolmentId: id,
    auth: names.authentication,
    sign: names.signature,
  };
}

const renew = async (
  identity: string | undefined,
  label = 'authentication/',
  name = newName('new'),
) =>
  client.call({
    operation: `${label}simplereenroll`,
    body: await client.request(name),
    identity,
  });

const certificatesOf = (profileId: string) =>
  stage.database.query<{ kind: string; status: string; reason: string | null }>(
    `SELECT kind, status, revocation_reason AS reason FROM certificate WHERE profile_id = $1
     ORDER BY kind, not_before, status DESC`,
    [profileId],
  );

describe('simplereenroll', () => {
  test('gives a new certificate of the same name, and the old one is superseded', async () => {
    const { profileId, auth } = await enrolled();
    const answer = await renew(auth);
    expect(answer.status).toBe(200);
    const [pem = ''] = await client.certificatesIn(answer, 'renewed');
    const { subject, subjectAltName } = new X509Certificate(client.read(`${auth}.crt`));
    expect(new X509Certificate(pem)).toMatchObject({ subject, subjectAltName });
    expect(await certificatesOf(profileId)).toEqual(
      expect.arrayContaining([
        { kind: 'AUTHENTICATION', status: 'VALID', reason: null },
        { kind: 'AUTHENTICATION', status: 'REVOKED', reason: 'superseded' },
        { kind: 'SIGNATURE', status: 'VALID', reason: null },
      ]),
    );
    const [audited] = await stage.database.query<{ detail: string }>(
      `SELECT detail FROM audit_entry WHERE action = 'est.renew' AND target = $1`,
      [`profile:${profileId}`],
    );
    expect(audited?.detail).toBe('AUTHENTICATION');
  });

  test('prolongs the mobile ID', async () => {
    const { profileId, auth } = await enrolled();
    await stage.database.query(
      `UPDATE profile SET valid_to = now() + interval '1 day' WHERE id = $1`,
      [profileId],
    );
    expect((await renew(auth)).status).toBe(200);
    const [row] = await stage.database.query(
      `SELECT 1 AS one FROM profile WHERE id = $1 AND valid_to > now() + interval '19 days'`,
      [profileId],
    );
    expect(row).toBeDefined();
  });

  test('the same request by the old certificate gets the same answer, another one nothing', async () => {
    const { auth } = await enrolled();
    const body = await client.request('next');
    const call = { operation: 'authentication/simplereenroll', body, identity: auth };
    const first = await client.call(call);
    const rows = await rowsOf(stage.database);
    const again = await client.call(call);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(problemOf(await renew(auth))).toBe('FORBIDDEN');
    expect(await rowsOf(stage.database)).toEqual(rows);
  });

  test('a request whose certificate was renewed again is no longer answered', async () => {
    const { auth } = await enrolled();
    const call = {
      operation: 'signature/simplereenroll',
      body: await client.request('next'),
      identity: auth,
    };
    expect((await client.call(call)).status).toBe(200);
    expect((await renew(auth, 'signature/')).status).toBe(200);
    expect(problemOf(await client.call(call))).toBe('CSR_REJECTED');
  });

  test('a request is repeated for its own kind alone', async () => {
    const { auth, sign } = await enrolled();
    const body = await client.request('next');
    const call = { operation: 'authentication/simplereenroll', body, identity: auth };
    expect((await client.call(call)).status).toBe(200);
    const operation = 'signature/simplereenroll';
    const other = await client.call({ operation, body, identity: sign });
    expect(JSON.parse(other.body)).toMatchObject({ code: 'CSR_REJECTED', reason: 'KEY_REUSED' });
  });

  test('sent ten times at once with other keys renews once', async () => {
    const { profileId, auth } = await enrolled();
    const answers = await Promise.all(Array.from({ length: 10 }, () => renew(auth)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const rows = await certificatesOf(profileId);
    expect(rows.filter(({ kind }) => kind === 'AUTHENTICATION')).toHaveLength(2);
  });

  test('by the authentication certificate renews the others, too, and not the other way round', async () => {
    const { auth, sign } = await enrolled();
    expect(problemOf(await renew(sign))).toBe('FORBIDDEN');
    expect((await renew(sign, 'signature/')).status).toBe(200);
    expect((await renew(auth, 'signature/')).status).toBe(200);
  });

  test('without a label renews what is shown', async () => {
    const { profileId, sign } = await enrolled();
    expect((await renew(sign, '')).status).toBe(200);
    const rows = await certificatesOf(profileId);
    expect(rows.filter(({ kind }) => kind === 'SIGNATURE')).toHaveLength(2);
  });

  test('of a kind that the mobile ID does not have is rejected', async () => {
    const { auth } = await enrolled();
    expect(problemOf(await renew(auth, 'encryption/'))).toBe('CSR_REJECTED');
  });

  test('with a key that was certified before is rejected', async () => {
    const { auth } = await enrolled();
    const body = client.read(`${auth}.csr`).toString('base64');
    const answer = await client.call({
      operation: 'authentication/simplereenroll',
      body,
      identity: auth,
    });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'CSR_REJECTED', reason: 'KEY_REUSED' });
  });

  test.each([
    ['revoked', `UPDATE profile SET state = 'REVOKED' WHERE id = $1`],
    ['suspended', `UPDATE profile SET state = 'INACTIVE' WHERE id = $1`],
    ['past its time', `UPDATE profile SET valid_to = now() - interval '1 s' WHERE id = $1`],
  ])(
    'of a mobile ID that is %s is refused at once, also the same request again',
    async (_what, statement) => {
      const { profileId, auth } = await enrolled();
      const body = await client.request('next');
      const call = { operation: 'authentication/simplereenroll', body, identity: auth };
      expect((await client.call(call)).status).toBe(200);
      await stage.database.query(statement, [profileId]);
      const again = await client.call(call);
      expect([again.status, problemOf(again)]).toEqual([403, 'FORBIDDEN']);
    },
  );

  test.each([
    ['on hold', `UPDATE certificate SET status = 'ON_HOLD' WHERE profile_id = $1`],
    [
      'revoked',
      `UPDATE certificate SET status = 'REVOKED', revocation_reason = 'privilegeWithdrawn' WHERE profile_id = $1`,
    ],
    [
      'past its time',
      `UPDATE certificate SET not_after = now() - interval '1 s' WHERE profile_id = $1`,
    ],
  ])('by a certificate that is %s is refused', async (_what, statement) => {
    const { profileId, auth } = await enrolled();
    await stage.database.query(statement, [profileId]);
    expect(problemOf(await renew(auth))).toBe('FORBIDDEN');
  });

  test('without a certificate, with a self-made one or with one of half a mobile ID is refused', async () => {
    await client.selfMade('stranger');
    for (const identity of [undefined, 'stranger']) {
      const { status, body } = await renew(identity);
      expect(status).toBe(403);
      expect(JSON.parse(body)).toMatchObject({
        code: 'FORBIDDEN',
        reason: 'CLIENT_CERTIFICATE',
        detail: expect.stringContaining('client certificate over HTTPS'),
      });
    }
    const { code } = await stage.order();
    const body = await client.request('half');
    const answer = await client.call({ operation: 'authentication/simpleenroll', body, code });
    await client.certificatesIn(answer, 'half');
    expect((await renew('half')).status).toBe(403);
  });

  test("of a phone's mobile ID is refused: its own key is wanted as well", async () => {
    const { server, cast, database } = stage;
    const { projectId } = cast;
    const phone = await RenewingPhone.enrol(server, cast.alva.token, { projectId });
    const [row] = await database.query<{ der: Buffer }>(
      `SELECT der FROM certificate WHERE profile_id = $1 AND kind = 'AUTHENTICATION'`,
      [phone.profileId],
    );
    client.write('stolen.crt', pemOf(row?.der ?? Buffer.alloc(0)));
    const key = phone.keys.get('AUTHENTICATION')?.export({ format: 'pem', type: 'pkcs8' });
    client.write('stolen.key', key ?? '');
    const before = await certificatesOf(phone.profileId);
    const answer = await renew('stolen');
    expect([answer.status, problemOf(answer)]).toEqual([403, 'FORBIDDEN']);
    expect(await certificatesOf(phone.profileId)).toEqual(before);
  });

  test('the code of an order does not stand in for the certificate', async () => {
    const { code } = await stage.order();
    const body = await client.request('next');
    const answer = await client.call({ operation: 'authentication/simplereenroll', body, code });
    expect(answer.status).toBe(403);
  });

  test('before the first reminder is due is refused, and says from when on it is not', async () => {
    const { server, cast } = stage;
    const projectId = await createProject(server, cast.admin, newName('project'), {
      validityDays: 100,
      expiryReminderDays: [40],
    });
    const { auth, profileId } = await enrolled({ projectId });
    const early = await renew(auth);
    expect([early.status, problemOf(early)]).toEqual([409, 'INVALID_TRANSITION']);
    const { renewableFrom } = JSON.parse(early.body) as { renewableFrom: string };
    const { validTo } = new X509Certificate(client.read(`${auth}.crt`));
    expect(Date.parse(validTo) - Date.parse(renewableFrom)).toBe(40 * 86_400_000);
    await stage.database.query(
      `UPDATE certificate SET not_after = now() + interval '39 days' WHERE profile_id = $1`,
      [profileId],
    );
    expect((await renew(auth)).status).toBe(200);
  });
});
