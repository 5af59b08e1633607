import { X509Certificate } from 'node:crypto';
import { statusOf } from '../helpers/cast';
import { RSA, type EstAnswer, type EstClient } from '../helpers/certificates/est-client';
import { problemOf, setEstStage, type EstStage } from '../helpers/certificates/est-stage';
import { codeOf } from '../helpers/graphql';
import { newName, type Order } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { noteSecret } from '../helpers/run';

let stage: EstStage;
let client: EstClient;

beforeAll(async () => {
  stage = await setEstStage();
  ({ client } = stage);
});
beforeEach(() => forgetAttempts(stage.database));
afterAll(() => stage.remove());

const justOne = (): Promise<Order> => stage.order({ certificates: ['AUTHENTICATION'] });

describe('cacerts and csrattrs', () => {
  test('give the chain to anybody, with a label and without', async () => {
    const { data } = await stage.server.graphql('{ certificateAuthority { chain } }');
    for (const operation of ['cacerts', 'signature/cacerts']) {
      const answer = await client.call({ operation });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/pkcs7-mime; smime-type=certs-only');
      expect(answer.headers['content-transfer-encoding']).toBe('base64');
      const certificates = await client.certificatesIn(answer, newName('chain'));
      expect([...certificates].sort()).toEqual([...data.certificateAuthority.chain].sort());
    }
  });

  test('name the key types that are served', async () => {
    const answer = await client.call({ operation: 'authentication/csrattrs' });
    expect(answer.headers['content-type']).toBe('application/csrattrs');
    client.write('csrattrs', Buffer.from(answer.body, 'base64'));
    const shown = await client.print('openssl', 'asn1parse', '-inform', 'DER', '-in', 'csrattrs');
    for (const name of ['challengePassword', 'id-ecPublicKey', 'prime256v1', 'rsaEncryption']) {
      expect(shown).toContain(`:${name}`);
    }
  });

  test.each(['cacert', 'nonsense/cacerts', 'authentication/fullcmc', 'AUTHENTICATION/cacerts'])(
    '%s is not found',
    async (operation) => {
      expect((await client.call({ operation })).status).toBe(404);
    },
  );

  test('a method that an operation does not have is 405', async () => {
    const get = await client.call({ operation: 'authentication/simpleenroll' });
    expect([get.status, get.headers['allow']]).toEqual([405, 'POST']);
    expect((await client.call({ operation: 'cacerts', method: 'POST' })).status).toBe(405);
  });
});

describe('simpleenroll', () => {
  test('issues one certificate for each label, and makes the mobile ID with the last', async () => {
    const { id, code } = await stage.order();
    await client.selfMade('device');
    const body = await client.request('auth');
    const operation = 'authentication/simpleenroll';
    const first = await client.call({ operation, body, code, identity: 'device' });
    expect(first.status).toBe(200);
    expect(await statusOf(stage.server, id)).toBe('ISSUING');
    expect(await stage.profileOf(id)).toBeUndefined();
    expect(await stage.issuedFor(id)).toEqual([
      { kind: 'AUTHENTICATION', status: 'ON_HOLD', reason: 'certificateHold' },
    ]);
    const second = await client.call({
      operation: 'signature/simpleenroll',
      body: await client.request('sign', { newKey: RSA }),
      bearer: code,
      identity: 'device',
    });
    expect(second.status).toBe(200);
    expect(await statusOf(stage.server, id)).toBe('ACTIVE');
    expect(await stage.issuedFor(id)).toEqual([
      { kind: 'AUTHENTICATION', status: 'VALID', reason: null },
      { kind: 'SIGNATURE', status: 'VALID', reason: null },
    ]);
    const [auth = ''] = await client.certificatesIn(first, 'auth');
    const [sign = ''] = await client.certificatesIn(second, 'sign');
    await client.certificatesIn(await client.call({ operation: 'cacerts' }), 'ca');
    for (const name of ['auth', 'sign']) {
      await client.print('openssl', 'verify', '-CAfile', 'ca.crt', `${name}.crt`);
      const [ofKey, ofCertificate] = await Promise.all([
        client.print('openssl', 'pkey', '-in', `${name}.key`, '-pubout'),
        client.print('openssl', 'x509', '-in', `${name}.crt`, '-noout', '-pubkey'),
      ]);
      expect(ofCertificate).toBe(ofKey);
    }
    const { subject, validTo } = new X509Certificate(auth);
    expect(new X509Certificate(sign)).toMatchObject({ subject, validTo });
    const profile = await stage.profileOf(id);
    expect(profile?.state).toBe('ACTIVE');
    expect(subject).toContain(`serialNumber=${profile?.id ?? ''}`);
  });

  test('answers the same request with the same, also when the mobile ID is complete', async () => {
    const { code } = await justOne();
    await client.selfMade('device');
    const call = {
      operation: 'authentication/simpleenroll',
      body: await client.request('auth'),
      code,
      identity: 'device',
    };
    const first = await client.call(call);
    expect(first.status).toBe(200);
    const rows = await rowsOf(stage.database);
    const again = await client.call(call);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await rowsOf(stage.database)).toEqual(rows);
  });

  test('sent ten times at once issues one certificate', async () => {
    const { id, code } = await justOne();
    await client.selfMade('device');
    const body = await client.request('auth');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        client.call({ operation: 'authentication/simpleenroll', body, code, identity: 'device' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body: sent }) => sent)).size).toBe(1);
    expect(await stage.issuedFor(id)).toHaveLength(1);
  });

  test('sent again while the first is answered gets the same', async () => {
    const { code } = await justOne();
    const body = await client.request('auth');
    const call = { operation: 'authentication/simpleenroll', body, code };
    const { estAnswers } = stage.secure.app.services;
    const read = estAnswers.of.bind(estAnswers);
    let first: EstAnswer | undefined;
    // It has read the enrolment by then, and not yet what that has got.
    const reading = jest.spyOn(estAnswers, 'of').mockImplementationOnce(async (scope, id) => {
      first = await client.call(call);
      return read(scope, id);
    });
    const again = await client.call(call);
    reading.mockRestore();
    expect(first?.status).toBe(200);
    expect([again.status, again.body]).toEqual([200, first?.body]);
  });

  test.each([
    ['authentication', 'signature'],
    ['signature', 'authentication'],
  ])('gives each certificate its own time, when %s is asked for first', async (...labels) => {
    const { server, cast, database } = stage;
    const projectId = await createProject(server, cast.admin, newName('project'), {
      validityDays: 100,
    });
    const { errors } = await server.graphql(
      `mutation ($projectId: ID!) { updateCertificateProfile(
         projectId: $projectId, input: { kind: AUTHENTICATION, validityDays: 10 }) { id } }`,
      { projectId },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    const { id, code } = await stage.order({ projectId });
    const days = new Map<string, number>();
    const daysLeft = (end: string | Date): number =>
      Math.round((new Date(end).getTime() - Date.now()) / 86_400_000);
    for (const label of labels) {
      const body = await client.request(label);
      const answer = await client.call({ operation: `${label}/simpleenroll`, body, code });
      const [pem = ''] = await client.certificatesIn(answer, label);
      days.set(label, daysLeft(new X509Certificate(pem).validTo));
    }
    expect(Object.fromEntries(days)).toEqual({ authentication: 10, signature: 100 });
    const [profile] = await database.query<{ end: Date }>(
      'SELECT valid_to AS end FROM profile WHERE enrolment_id = $1',
      [id],
    );
    expect(daysLeft(profile?.end ?? '')).toBe(100);
  });

  test('for all labels at once makes one mobile ID', async () => {
    const { id, code } = await stage.order();
    await client.selfMade('device');
    const bodies = {
      authentication: await client.request('auth'),
      signature: await client.request('sign'),
    };
    const answers = await Promise.all(
      Object.entries(bodies).map(([label, body]) =>
        client.call({ operation: `${label}/simpleenroll`, body, code, identity: 'device' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await statusOf(stage.server, id)).toBe('ACTIVE');
    expect((await stage.issuedFor(id)).map(({ status }) => status)).toEqual(['VALID', 'VALID']);
  });

  test('beyond the limit of mobile IDs fails for good, and takes back what was issued', async () => {
    const { id, code } = await stage.order();
    const call = { code, operation: 'authentication/simpleenroll' };
    expect((await client.call({ ...call, body: await client.request('auth') })).status).toBe(200);
    await stage.database.query('UPDATE enrolment SET profile_limit = 0 WHERE id = $1', [id]);
    const body = await client.request('sign');
    const refused = await client.call({ code, operation: 'signature/simpleenroll', body });
    expect([refused.status, problemOf(refused)]).toEqual([409, 'PROFILE_LIMIT_REACHED']);
    expect(await statusOf(stage.server, id)).toBe('FAILED');
    expect(await stage.issuedFor(id)).toEqual([
      { kind: 'AUTHENTICATION', status: 'REVOKED', reason: 'cessationOfOperation' },
    ]);
  });

  test.each(['ON_HOLD', 'REVOKED'])(
    'once the certificate is %s, the same request gets it no more',
    async (status) => {
      const { id, code } = await justOne();
      const call = { operation: 'simpleenroll', body: await client.request('auth'), code };
      expect((await client.call(call)).status).toBe(200);
      await stage.database.query(
        `UPDATE certificate SET status = $2 WHERE id IN (SELECT certificate_id FROM est_answer WHERE origin_id = $1)`,
        [id, status],
      );
      const again = await client.call(call);
      expect([again.status, problemOf(again)]).toEqual([409, 'ENROLMENT_COMPLETED']);
    },
  );

  test('another key of the same kind is a conflict, a known key is rejected', async () => {
    const { code } = await stage.order();
    await client.selfMade('device');
    const call = { code, identity: 'device', operation: 'authentication/simpleenroll' };
    const body = await client.request('auth');
    expect((await client.call({ ...call, body })).status).toBe(200);
    const other = await client.call({ ...call, body: await client.request('other') });
    expect([other.status, problemOf(other)]).toEqual([409, 'CONFLICT']);
    const reused = await client.call({ ...call, body, operation: 'signature/simpleenroll' });
    expect([reused.status, problemOf(reused)]).toEqual([400, 'CSR_REJECTED']);
  });

  test('an unknown code is asked for by a challenge, and takes nothing', async () => {
    const body = await client.request('auth');
    const operation = 'authentication/simpleenroll';
    for (const code of ['nonsense', undefined]) {
      const answer = await client.call({ operation, body, code });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    }
  });

  test('guesses from one address are limited', async () => {
    const body = await client.request('auth');
    const call = { operation: 'authentication/simpleenroll', body, code: 'nonsense' };
    await client.call(call);
    await stage.database.query(
      `UPDATE rate_limit SET points = 1000 WHERE key LIKE 'device/address%'`,
    );
    const { code } = await justOne();
    const refused = await client.call({ ...call, code });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('another device gets nothing for a code that was claimed', async () => {
    const { code } = await stage.order();
    await client.selfMade('device');
    await client.selfMade('thief');
    const call = { operation: 'authentication/simpleenroll', code };
    await client.call({ ...call, body: await client.request('auth'), identity: 'device' });
    for (const identity of ['thief', undefined]) {
      const answer = await client.call({ ...call, body: await client.request('own'), identity });
      expect([answer.status, problemOf(answer)]).toEqual([409, 'ENROLMENT_TAKEN']);
    }
  });

  test('a phone that has claimed and an EST client do not get into each other', async () => {
    const { code } = await stage.order();
    const phone = new HonestOrNotPhone(stage.server);
    await phone.claim(code);
    await client.selfMade('device');
    const call = { operation: 'authentication/simpleenroll', code, identity: 'device' };
    const answer = await client.call({ ...call, body: await client.request('auth') });
    expect(problemOf(answer)).toBe('ENROLMENT_TAKEN');
    const mine = await stage.order();
    await client.call({ ...call, code: mine.code, body: await client.request('auth') });
    expect(codeOf(await phone.tryClaim(mine.code))).toBe('ENROLMENT_TAKEN');
  });

  test('a kind that was not ordered is rejected', async () => {
    const { code } = await justOne();
    const body = await client.request('sign');
    const answer = await client.call({ operation: 'signature/simpleenroll', body, code });
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'CSR_REJECTED',
      reason: 'KINDS',
      wanted: ['AUTHENTICATION'],
    });
  });

  test('without a label it is the one certificate that was ordered', async () => {
    const one = await justOne();
    const body = await client.request('auth');
    const answer = await client.call({ operation: 'simpleenroll', body, code: one.code });
    expect(answer.status).toBe(200);
    expect(await statusOf(stage.server, one.id)).toBe('ACTIVE');
    const { code } = await stage.order();
    const unclear = await client.call({
      operation: 'simpleenroll',
      body: await client.request('auth'),
      code,
    });
    expect(unclear.status).toBe(400);
  });

  test('a device without a key of its own is known by its code, as long as that is good', async () => {
    const { id, code } = await stage.order();
    const operation = 'authentication/simpleenroll';
    const body = await client.request('auth');
    const first = await client.call({ operation, body, code });
    expect(first.status).toBe(200);
    await stage.database.query(`UPDATE enrolment SET code_expires_at = now() WHERE id = $1`, [id]);
    const again = await client.call({ operation, body, code });
    expect([again.status, again.body]).toEqual([200, first.body]);
    const late = await client.call({
      operation: 'signature/simpleenroll',
      body: await client.request('sign'),
      code,
    });
    expect([late.status, problemOf(late)]).toEqual([410, 'CODE_EXPIRED']);
  });

  test('a challengePassword may hold the code or the channel binding, and nothing else', async () => {
    const status = async (challenge: string, code: string) => {
      const body = await client.request('auth', { challenge });
      return (await client.call({ operation: 'authentication/simpleenroll', body, code })).status;
    };
    const { code } = await justOne();
    expect(await status('nonsense', code)).toBe(400);
    expect(await status(code, code)).toBe(200);
  });

  test.each([
    ['a body of another type', { 'content-type': 'application/json' }, undefined, 415],
    ['a compressed body', { 'content-encoding': 'gzip' }, undefined, 415],
    ['no base64', {}, 'This is no base64!', 400],
    ['base64 of something else', {}, Buffer.from('no request').toString('base64'), 400],
    ['an empty body', {}, '', 400],
    ['a body that is too large', {}, 'A'.repeat(30_000), 413],
  ])('%s is refused', async (_what, headers, body, status) => {
    const { id, code } = await justOne();
    const answer = await client.call({
      operation: 'authentication/simpleenroll',
      body: body ?? (await client.request('auth')),
      code,
      headers,
    });
    expect(answer.status).toBe(status);
    expect(await stage.issuedFor(id)).toEqual([]);
  });

  test('a request in lines of base64 is read as well', async () => {
    const { code } = await justOne();
    const lines = (await client.request('auth')).replace(/.{64}/g, '$&\r\n');
    const answer = await client.call({
      operation: 'authentication/simpleenroll',
      body: `${lines}\r\n`,
      code,
    });
    expect(answer.status).toBe(200);
  });

  test('a request that its key has not signed is rejected', async () => {
    const { code } = await justOne();
    const der = Buffer.from(await client.request('auth'), 'base64');
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const answer = await client.call({
      operation: 'authentication/simpleenroll',
      body: der.toString('base64'),
      code,
    });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'CSR_REJECTED', reason: 'SIGNATURE' });
  });

  test.each([
    ['cancelled', `UPDATE enrolment SET status = 'CANCELLED' WHERE id = $1`, 'ENROLMENT_CANCELLED'],
    ['expired', `UPDATE enrolment SET expires_at = now() WHERE id = $1`, 'ENROLMENT_EXPIRED'],
    [
      'superseded',
      `UPDATE enrolment SET status = 'SUPERSEDED' WHERE id = $1`,
      'ENROLMENT_SUPERSEDED',
    ],
    ['run out', `UPDATE enrolment SET code_expires_at = now() WHERE id = $1`, 'CODE_EXPIRED'],
  ])('an order that is %s is gone', async (_what, statement, problem) => {
    const { id, code } = await justOne();
    await stage.database.query(statement, [id]);
    const answer = await client.call({
      operation: 'authentication/simpleenroll',
      body: await client.request('auth'),
      code,
    });
    expect([answer.status, problemOf(answer)]).toEqual([410, problem]);
  });
});

describe('an order that ends before it is complete', () => {
  test('takes the certificates with it', async () => {
    const { id, code } = await stage.order();
    await client.selfMade('device');
    const call = { operation: 'authentication/simpleenroll', code, identity: 'device' };
    const body = await client.request('auth');
    expect((await client.call({ ...call, body })).status).toBe(200);
    const { errors } = await stage.server.graphql(
      'mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }',
      { id },
      { token: stage.cast.alva.token },
    );
    expect(errors).toEqual([]);
    expect(await stage.issuedFor(id)).toEqual([
      { kind: 'AUTHENTICATION', status: 'REVOKED', reason: 'cessationOfOperation' },
    ]);
    expect(problemOf(await client.call({ ...call, body }))).toBe('ENROLMENT_CANCELLED');
    const [entry] = await stage.database.query(
      `SELECT action FROM audit_entry WHERE target = $1 AND action = 'est.abandon'`,
      [`enrolment:${id}`],
    );
    expect(entry).toBeDefined();
  });
});

describe('in a project that wants the device confirmed', () => {
  let projectId: string;
  beforeAll(async () => {
    projectId = await createProject(stage.server, stage.cast.admin, newName('project'), {
      confirmation: 'DEVICE_CODE',
      maxProfilesPerUser: 100,
    });
  });

  test('a device without a key of its own is refused', async () => {
    const { id, code } = await stage.order({ projectId });
    const answer = await client.call({
      operation: 'authentication/simpleenroll',
      body: await client.request('auth'),
      code,
    });
    expect([answer.status, problemOf(answer)]).toEqual([403, 'DEVICE_PROOF_REJECTED']);
    expect(await statusOf(stage.server, id)).toBe('WAITING_FOR_SCAN');
  });

  test('nothing is issued before the code that the answer tells is typed in', async () => {
    const { id, code, watchToken } = await stage.order({
      projectId,
      certificates: ['AUTHENTICATION'],
    });
    await client.selfMade('device');
    const call = {
      operation: 'authentication/simpleenroll',
      body: await client.request('auth'),
      code,
      identity: 'device',
    };
    const waiting = await client.call(call);
    expect(waiting.status).toBe(202);
    expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0);
    const confirmation = /\d{6}/.exec(waiting.body)?.[0] ?? '';
    noteSecret(confirmation);
    expect(await statusOf(stage.server, id)).toBe('AWAITING_CONFIRMATION');
    expect(await stage.issuedFor(id)).toEqual([]);
    const { errors } = await stage.server.graphql(
      'mutation ($id: ID!, $code: String!) { confirmDevice(id: $id, code: $code) { status } }',
      { id, code: confirmation },
      { watchToken },
    );
    expect(errors).toEqual([]);
    expect((await client.call(call)).status).toBe(200);
    expect(await statusOf(stage.server, id)).toBe('ACTIVE');
  });
});
