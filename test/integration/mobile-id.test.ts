import { constants, sign } from 'node:crypto';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import {
  AnyAnswerPhone,
  enrolledPhone,
  finishProof,
  readChallenge,
  rejectProof,
  sendAnswer,
  startProof,
  tryStartProof,
  type AnswerChanges,
  type StartedProof,
} from '../helpers/mobile-id';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { ProofWatcher } from '../helpers/proof-watcher';
import { enrol, moveProfile, type ProfileMove } from '../helpers/profiles';
import { forgetAttempts } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { ecKey, rsaKey } from '../unit/certificates/request-builder';

let server: TestServer;
let cast: Cast;
let phone: AnyAnswerPhone;
let stranger: AnyAnswerPhone;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
  stranger = await AnyAnswerPhone.enrol(server, cast.other.token, cast.projectId);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  phone = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
  token = await sessionOf(server, cast.alva.id, ['PASSWORD']);
});
afterAll(() => server.stop());

const begin = (by = token): Promise<StartedProof> => startProof(server, by);

async function challengeOf({ code }: Pick<StartedProof, 'code'>) {
  const { data, errors } = await readChallenge(server, code);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.mobileIdChallenge;
}

async function answerTo(proof: StartedProof, changes: AnswerChanges = {}, by = phone) {
  const answer = by.answer(await challengeOf(proof), proof.number, changes);
  return sendAnswer(server, proof.code, answer);
}

async function stateOf({ id }: Pick<StartedProof, 'id'>): Promise<string | undefined> {
  const [row] = await server.database.query<{ state: string }>(
    'SELECT state FROM mobile_id_proof WHERE id = $1',
    [id],
  );
  return row?.state;
}

const auditOf = ({ id }: Pick<StartedProof, 'id'>) =>
  server.database.query<{ action: string; outcome: string; actor: string }>(
    'SELECT action, outcome, actor FROM audit_entry WHERE target = $1 ORDER BY id',
    [`mobile-id-proof:${id}`],
  );

const evidenceOf = async (by: string): Promise<string[]> => {
  const { data } = await server.graphql('{ viewer { evidence { method } } }', {}, { token: by });
  return data.viewer.evidence.map(({ method }: { method: string }) => method);
};

const wrong = (number: string): string => (number === '99' ? '10' : String(Number(number) + 1));

describe('a proof from question to evidence', () => {
  test.each(['P-256', 'P-384', 'RSA-2048'] as const)(
    'is given by a phone with a %s key, as Signet ships it',
    async (algorithm) => {
      const enrolled = await enrolledPhone(server, cast.alva.token, cast.projectId, { algorithm });
      const proof = await begin();
      expect(proof).toMatchObject({ state: 'WAITING', number: expect.stringMatching(/^\d{2}$/) });
      const page = await ProofWatcher.open(server, token, proof.id);
      expect(await page.next()).toBe('WAITING');
      const question = await enrolled.prover.open(proof.code);
      expect(question.mobileId).toBe(enrolled.mobileId);
      expect(question.challenge).toMatchObject({ displayName: 'alva', address: '127.0.0.1' });
      await enrolled.prover.answer(question, proof.number);
      expect(await page.next()).toBe('ANSWERED');
      const { data } = await finishProof(server, token, proof.id);
      expect(await page.next()).toBe('USED');
      expect(await page.next()).toBe('COMPLETE');
      const { token: renewed, viewer } = data.finishMobileIdProof;
      expect(viewer.evidence).toMatchObject([
        { method: 'PASSWORD' },
        { method: 'MOBILE_ID', provider: null },
      ]);
      expect(renewed).not.toBe(token);
      await page.close();
    },
  );

  test('its evidence is as old as the answer, and names the mobile ID', async () => {
    const proof = await begin();
    await answerTo(proof);
    await server.database.query(
      `UPDATE mobile_id_proof SET answered_at = answered_at - interval '30 seconds' WHERE id = $1`,
      [proof.id],
    );
    const { data } = await finishProof(server, token, proof.id);
    const { evidence } = data.finishMobileIdProof.viewer;
    const given = evidence.find(({ method }: { method: string }) => method === 'MOBILE_ID');
    const [row] = await server.database.query<{ at: Date; credential: string; answered_at: Date }>(
      `SELECT e.at, e.credential, p.answered_at FROM session_evidence e
       JOIN mobile_id_proof p ON p.session_id = e.session_id
       WHERE p.id = $1 AND e.method = 'MOBILE_ID'`,
      [proof.id],
    );
    expect(row?.credential).toBe(phone.profileId);
    expect(row?.at).toEqual(row?.answered_at);
    expect(new Date(given.at as string)).toEqual(row?.at);
  });

  test('each step is in the audit log', async () => {
    const proof = await begin();
    await answerTo(proof);
    await finishProof(server, token, proof.id);
    expect(await auditOf(proof)).toEqual([
      { action: 'mobile-id-proof.start', outcome: 'SUCCESS', actor: 'user:alva' },
      { action: 'mobile-id-proof.answer', outcome: 'SUCCESS', actor: 'anonymous' },
    ]);
  });

  test('the method is offered to who has a mobile ID, and to nobody else', async () => {
    const offered = async (by?: string): Promise<string[]> => {
      const { data } = await server.graphql('{ signInOptions { method } }', {}, { token: by });
      return data.signInOptions.map(({ method }: { method: string }) => method);
    };
    expect(await offered(token)).toContain('MOBILE_ID');
    expect(await offered(cast.operator.token)).not.toContain('MOBILE_ID');
    expect(await offered()).not.toContain('MOBILE_ID');
  });

  test('nothing in the database is the code, the number or the nonce', async () => {
    const proof = await begin();
    const { nonce } = await challengeOf(proof);
    const [row] = await server.database.query<{ row: string }>(
      'SELECT mobile_id_proof::text AS row FROM mobile_id_proof WHERE id = $1',
      [proof.id],
    );
    expect(row?.row).not.toContain(proof.code);
    expect(row?.row).not.toContain(nonce);
    expect(
      Object.keys((await server.database.query('SELECT * FROM mobile_id_proof LIMIT 1'))[0] ?? {}),
    ).not.toContain('number');
  });

  test('the phone is not told the number, and only the owner knows his mobile ID by the hints', async () => {
    const proof = await begin();
    const challenge = await challengeOf(proof);
    expect(Object.keys(challenge)).not.toContain('number');
    const enrolled = await enrolledPhone(server, cast.other.token, cast.projectId);
    await expect(enrolled.prover.open(proof.code)).rejects.toMatchObject({
      code: 'NO_MATCHING_MOBILE_ID',
    });
  });
});

describe('the number', () => {
  test('typed wrong ends the proof, and there is no second guess', async () => {
    const proof = await begin();
    const page = await ProofWatcher.open(server, token, proof.id);
    expect(await page.next()).toBe('WAITING');
    const challenge = await challengeOf(proof);
    const answer = phone.answer(challenge, wrong(proof.number));
    expect(codeOf(await sendAnswer(server, proof.code, answer))).toBe('CONFIRMATION_WRONG');
    expect(await page.next()).toBe('REJECTED');
    expect(await page.next()).toBe('COMPLETE');
    const right = phone.answer(challenge, proof.number);
    expect(codeOf(await sendAnswer(server, proof.code, right))).toBe('INVALID_TRANSITION');
    expect(codeOf(await finishProof(server, token, proof.id))).toBe('INVALID_TRANSITION');
    expect(await auditOf(proof)).toContainEqual({
      action: 'mobile-id-proof.wrong-number',
      outcome: 'REFUSED',
      actor: 'anonymous',
    });
    await page.close();
  });

  test('guessed ninety times at once is decided by the first guess', async () => {
    const proof = await begin();
    const challenge = await challengeOf(proof);
    const all = Array.from({ length: 90 }, (_, i) => phone.answer(challenge, String(i + 10)));
    const answers = await Promise.all(all.map((each) => sendAnswer(server, proof.code, each)));
    const decided = answers.filter(
      (each) => each.errors.length === 0 || codeOf(each) === 'CONFIRMATION_WRONG',
    );
    expect(decided).toHaveLength(1);
    expect(['ANSWERED', 'REJECTED']).toContain(await stateOf(proof));
  });

  test('typed wrong too often locks the method for a time', async () => {
    const limited: string[] = [];
    for (let i = 0; i < 21; i += 1) {
      await server.database.query('DELETE FROM rate_limit');
      const proof = await begin();
      const answer = phone.answer(await challengeOf(proof), wrong(proof.number));
      limited.push(codeOf(await sendAnswer(server, proof.code, answer)));
    }
    expect(limited.at(-2)).toBe('CONFIRMATION_WRONG');
    expect(limited.at(-1)).toBe('RATE_LIMITED');
  });

  test('sent by strangers who saw the code does not count against its owner', async () => {
    const proof = await begin();
    const challenge = await challengeOf(proof);
    for (let i = 0; i < 30; i += 1) {
      const answer = stranger.answer(challenge, wrong(proof.number));
      expect(codeOf(await sendAnswer(server, proof.code, answer))).toBe('INVALID_CREDENTIALS');
    }
    expect((await answerTo(proof)).errors).toEqual([]);
  });
});

describe('an answer is refused', () => {
  const rsa = {
    header: { alg: 'RS256' },
    signer: (data: Buffer) => sign('sha256', data, rsaKey()),
  };
  test.each<[string, string, AnswerChanges]>([
    ['for another server', 'DEVICE_PROOF_REJECTED', { claims: { aud: 'https://evil.example' } }],
    ['for several servers', 'DEVICE_PROOF_REJECTED', { claims: { aud: ['https://evil.example'] } }],
    ['with another nonce', 'DEVICE_PROOF_REJECTED', { claims: { nonce: 'AAAA' } }],
    ['without a nonce', 'DEVICE_PROOF_REJECTED', { claims: { nonce: undefined } }],
    ['for another proof', 'DEVICE_PROOF_REJECTED', { claims: { jti: 'another' } }],
    ['from long ago', 'DEVICE_PROOF_REJECTED', { claims: { iat: 1_000_000 } }],
    ['without a time', 'DEVICE_PROOF_REJECTED', { claims: { iat: undefined } }],
    ['without a number', 'DEVICE_PROOF_REJECTED', { claims: { number: undefined } }],
    ['with the number as a number', 'DEVICE_PROOF_REJECTED', { claims: { number: 42 } }],
    ['of another type', 'DEVICE_PROOF_REJECTED', { header: { typ: 'claim+jwt' } }],
    ['without a certificate', 'DEVICE_PROOF_REJECTED', { header: { 'x5t#S256': undefined } }],
    ['with half a thumbprint', 'DEVICE_PROOF_REJECTED', { header: { 'x5t#S256': 'AAAA' } }],
    [
      'with an unknown certificate',
      'INVALID_CREDENTIALS',
      { header: { 'x5t#S256': 'A'.repeat(43) } },
    ],
    ['signed with another key', 'INVALID_CREDENTIALS', { key: ecKey() }],
    [
      'signed by nobody',
      'INVALID_CREDENTIALS',
      { header: { alg: 'none' }, signer: () => Buffer.of() },
    ],
    ['signed in an algorithm of another key', 'INVALID_CREDENTIALS', rsa],
    [
      'signed with the public certificate as a secret',
      'INVALID_CREDENTIALS',
      { header: { alg: 'HS256' } },
    ],
    [
      'with a key of its own in the header',
      'INVALID_CREDENTIALS',
      { key: ecKey(), header: { jwk: {} } },
    ],
    [
      'with a critical header nobody knows',
      'INVALID_CREDENTIALS',
      { header: { crit: ['x'], x: 1 } },
    ],
  ])('%s, and the proof goes on', async (_, code, changes) => {
    const proof = await begin();
    expect(codeOf(await answerTo(proof, changes))).toBe(code);
    expect(await stateOf(proof)).toBe('WAITING');
    expect((await answerTo(proof)).errors).toEqual([]);
  });

  test("when it is signed by another user's mobile ID, and the proof goes on", async () => {
    const proof = await begin();
    expect(codeOf(await answerTo(proof, {}, stranger))).toBe('INVALID_CREDENTIALS');
    expect((await answerTo(proof)).errors).toEqual([]);
  });

  test("when another user's phone says it was the owner's", async () => {
    const proof = await begin();
    const changes = { header: { 'x5t#S256': phone.thumbprint() } };
    expect(codeOf(await answerTo(proof, changes, stranger))).toBe('INVALID_CREDENTIALS');
  });

  test('when it is signed for a SIGNATURE certificate', async () => {
    const proof = await begin();
    const changes = { header: { 'x5t#S256': phone.thumbprint('SIGNATURE') } };
    expect(codeOf(await answerTo(proof, changes))).toBe('INVALID_CREDENTIALS');
  });

  test('when it was signed for an earlier proof', async () => {
    const earlier = await begin();
    const answer = phone.answer(await challengeOf(earlier), earlier.number);
    const later = await begin();
    expect(codeOf(await sendAnswer(server, later.code, answer))).toBe('DEVICE_PROOF_REJECTED');
    expect(codeOf(await sendAnswer(server, earlier.code, answer))).toBe('CODE_EXPIRED');
  });

  test.each([
    ['revoked', `UPDATE certificate SET status = 'REVOKED' WHERE profile_id = $1`],
    ['on hold', `UPDATE certificate SET status = 'ON_HOLD' WHERE profile_id = $1`],
    ['of a suspended mobile ID', `UPDATE profile SET state = 'INACTIVE' WHERE id = $1`],
    ['run out', `UPDATE certificate SET not_after = now() WHERE profile_id = $1`],
    ['of a mobile ID that has run out', `UPDATE profile SET valid_to = now() WHERE id = $1`],
    [
      'not valid yet',
      `UPDATE certificate SET not_before = now() + interval '1 h' WHERE profile_id = $1`,
    ],
  ])('when its certificate is %s', async (_, sql) => {
    await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId); // so that he may ask at all
    const proof = await begin();
    const answer = phone.answer(await challengeOf(proof), proof.number);
    await server.database.query(sql, [phone.profileId]);
    expect(codeOf(await sendAnswer(server, proof.code, answer))).toBe('INVALID_CREDENTIALS');
  });

  test('from a key that is RSA unless it is RS256 or PS256', async () => {
    const key = rsaKey();
    const other = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId, key);
    const pkcs1 = (hash: string) => (data: Buffer) => sign(hash, data, key);
    const pss = (data: Buffer) =>
      sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    const refused = { header: { alg: 'RS512' }, signer: pkcs1('sha512') };
    expect(codeOf(await answerTo(await begin(), refused, other))).toBe('INVALID_CREDENTIALS');
    for (const changes of [
      { header: { alg: 'RS256' }, signer: pkcs1('sha256') },
      { header: { alg: 'PS256' }, signer: pss },
    ]) {
      expect((await answerTo(await begin(), changes, other)).errors).toEqual([]);
    }
  });
});

describe('a question', () => {
  test('needs a session, and a mobile ID that could answer', async () => {
    expect(codeOf(await tryStartProof(server))).toBe('UNAUTHENTICATED');
    expect(codeOf(await tryStartProof(server, cast.operator.token))).toBe('CHANNEL_NOT_AVAILABLE');
  });

  test('is over with the next one of the same session, and leaves other sessions alone', async () => {
    const elsewhere = await begin(await sessionOf(server, cast.alva.id, ['PASSWORD']));
    const first = await begin();
    const page = await ProofWatcher.open(server, token, first.id);
    expect(await page.next()).toBe('WAITING');
    const second = await begin();
    expect(await page.next()).toBe('EXPIRED');
    expect(await page.next()).toBe('COMPLETE');
    expect(codeOf(await readChallenge(server, first.code))).toBe('CODE_EXPIRED');
    expect((await answerTo(second)).errors).toEqual([]);
    expect((await answerTo(elsewhere)).errors).toEqual([]);
    await page.close();
  });

  test('asked ten times at once leaves one open', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => tryStartProof(server, token)),
    );
    expect(answers.every(({ errors }) => errors.length === 0)).toBe(true);
    const open = await server.database.query(
      `SELECT p.id FROM mobile_id_proof p JOIN session s ON s.id = p.session_id
       WHERE p.state = 'WAITING' AND s.id = (SELECT session_id FROM mobile_id_proof WHERE id = $1)`,
      [answers[0]?.data.startMobileIdProof.id],
    );
    expect(open).toHaveLength(1);
  });

  test('can be asked so often and no oftener', async () => {
    const codes: string[] = [];
    for (let i = 0; i < 21; i += 1) {
      const { errors } = await tryStartProof(server, token);
      codes.push(errors[0]?.extensions.code ?? 'OK');
    }
    expect(codes.at(-2)).toBe('OK');
    expect(codes.at(-1)).toBe('RATE_LIMITED');
  });

  test('runs out, and the page is told', async () => {
    const proof = await begin();
    const page = await ProofWatcher.open(server, token, proof.id);
    expect(await page.next()).toBe('WAITING');
    const answer = phone.answer(await challengeOf(proof), proof.number);
    await server.database.query('UPDATE mobile_id_proof SET expires_at = now() WHERE id = $1', [
      proof.id,
    ]);
    expect(await page.next()).toBe('EXPIRED');
    expect(await page.next()).toBe('COMPLETE');
    expect(codeOf(await readChallenge(server, proof.code))).toBe('CODE_EXPIRED');
    expect(codeOf(await sendAnswer(server, proof.code, answer))).toBe('CODE_EXPIRED');
    expect(codeOf(await rejectProof(server, proof.code))).toBe('CODE_EXPIRED');
    await page.close();
  });

  test('that was answered and not taken runs out as well', async () => {
    const proof = await begin();
    await answerTo(proof);
    await server.database.query('UPDATE mobile_id_proof SET expires_at = now() WHERE id = $1', [
      proof.id,
    ]);
    expect(codeOf(await finishProof(server, token, proof.id))).toBe('INVALID_TRANSITION');
    await eventually(async () => ((await stateOf(proof)) === 'EXPIRED' ? true : undefined));
  });

  test('is over when its session ends', async () => {
    const proof = await begin();
    const page = await ProofWatcher.open(server, token, proof.id);
    expect(await page.next()).toBe('WAITING');
    await server.graphql('mutation { signOut }', {}, { token });
    expect(await page.closed).toBe(4401);
    expect(codeOf(await readChallenge(server, proof.code))).toBe('CODE_EXPIRED');
  });

  test('that the phone says no to is REJECTED, for good', async () => {
    const proof = await begin();
    const page = await ProofWatcher.open(server, token, proof.id);
    expect(await page.next()).toBe('WAITING');
    const answer = phone.answer(await challengeOf(proof), proof.number);
    expect((await rejectProof(server, proof.code)).data.rejectMobileIdChallenge).toBe(true);
    expect(await page.next()).toBe('REJECTED');
    expect(await page.next()).toBe('COMPLETE');
    expect(codeOf(await sendAnswer(server, proof.code, answer))).toBe('INVALID_TRANSITION');
    expect(codeOf(await rejectProof(server, proof.code))).toBe('INVALID_TRANSITION');
    expect(await evidenceOf(token)).toEqual(['PASSWORD']);
    await page.close();
  });

  test('with an unknown code is told from one that has run out, and counted', async () => {
    const unknown = 'A'.repeat(22);
    expect(codeOf(await readChallenge(server, unknown))).toBe('CODE_UNKNOWN');
    expect(codeOf(await sendAnswer(server, unknown, 'a.b.c'))).toBe('CODE_UNKNOWN');
    expect(codeOf(await rejectProof(server, unknown))).toBe('CODE_UNKNOWN');
    for (let i = 0; i < 120; i += 1) await readChallenge(server, unknown);
    expect(codeOf(await readChallenge(server, unknown))).toBe('RATE_LIMITED');
  });
});

describe('the answer', () => {
  test('repeated by the same phone is the same answer', async () => {
    const proof = await begin();
    const answer = phone.answer(await challengeOf(proof), proof.number);
    expect((await sendAnswer(server, proof.code, answer)).errors).toEqual([]);
    expect((await sendAnswer(server, proof.code, answer)).errors).toEqual([]);
    expect((await finishProof(server, token, proof.id)).errors).toEqual([]);
    expect((await sendAnswer(server, proof.code, answer)).errors).toEqual([]);
    const given = (await auditOf(proof)).filter(({ action }) => action.endsWith('.answer'));
    expect(given).toHaveLength(1);
  });

  test('of another phone of the same user comes too late', async () => {
    const other = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
    const proof = await begin();
    const late = other.answer(await challengeOf(proof), proof.number);
    await answerTo(proof);
    expect(codeOf(await sendAnswer(server, proof.code, late))).toBe('INVALID_TRANSITION');
  });

  test('cannot be called back by who has the code', async () => {
    const proof = await begin();
    await answerTo(proof);
    expect(codeOf(await rejectProof(server, proof.code))).toBe('INVALID_TRANSITION');
    expect((await finishProof(server, token, proof.id)).errors).toEqual([]);
  });

  test('taken ten times at once becomes evidence once', async () => {
    const proof = await begin();
    await answerTo(proof);
    const taken = await Promise.all(
      Array.from({ length: 10 }, () => finishProof(server, token, proof.id)),
    );
    expect(taken.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(await stateOf(proof)).toBe('USED');
  });

  test('is taken by the session that asked and no other, of the same user or of another', async () => {
    const proof = await begin();
    await answerTo(proof);
    for (const other of [
      await sessionOf(server, cast.alva.id, ['PASSWORD']),
      cast.other.token,
      cast.admin,
    ]) {
      expect(codeOf(await finishProof(server, other, proof.id))).toBe('NOT_FOUND');
      const page = await ProofWatcher.open(server, other, proof.id);
      expect(await page.next()).toBe('NOT_FOUND');
      await page.close();
    }
    expect(codeOf(await finishProof(server, token, 'nonsense'))).toBe('NOT_FOUND');
    expect((await finishProof(server, token, proof.id)).errors).toEqual([]);
  });

  test('cannot be taken before it is there', async () => {
    const proof = await begin();
    const { errors } = await finishProof(server, token, proof.id);
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_TRANSITION', state: 'WAITING' });
  });

  test('counts for nothing where the mobile ID was revoked before it is taken', async () => {
    const proof = await begin();
    await answerTo(proof);
    await server.database.query(`UPDATE certificate SET status = 'REVOKED' WHERE profile_id = $1`, [
      phone.profileId,
    ]);
    expect(codeOf(await finishProof(server, token, proof.id))).toBe('INVALID_CREDENTIALS');
    expect(await evidenceOf(token)).toEqual(['PASSWORD']);
  });
});

/** By whom, and how, alva's mobile ID can no longer be used. */
const ENDINGS: Readonly<Record<string, (profileId: string) => Promise<unknown>>> = {
  'revoked by its holder': (id) => moveBy('revokeMyProfile', id, cast.alva.id),
  'suspended by its holder': (id) => moveBy('deactivateMyProfile', id, cast.alva.id),
  'revoked by an operator': (id) => moveBy('revokeProfile', id, cast.operator.id),
  'suspended by an operator': (id) => moveBy('deactivateProfile', id, cast.operator.id),
  replaced: async (replacesProfileId) =>
    enrol(server, await sessionOf(server, cast.alva.id), { replacesProfileId }),
};
async function moveBy(move: ProfileMove, profileId: string, userId: string): Promise<void> {
  const by = { token: await sessionOf(server, userId) };
  expect((await moveProfile(server, move, profileId, by)).errors).toEqual([]);
}

describe('evidence', () => {
  async function proven(): Promise<string> {
    const proof = await begin();
    await answerTo(proof);
    const { data } = await finishProof(server, token, proof.id);
    return data.finishMobileIdProof.token as string;
  }

  test.each([
    ['mobile ID', `UPDATE profile SET valid_to = now() WHERE id = $1`],
    ['certificate', `UPDATE certificate SET not_after = now() WHERE profile_id = $1`],
  ])('is taken back when its %s runs out, and that of another mobile ID stays', async (_, sql) => {
    const renewed = await proven();
    const kept = phone;
    phone = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
    token = renewed;
    const both = await proven();
    expect(await evidenceOf(both)).toEqual(['PASSWORD', 'MOBILE_ID', 'MOBILE_ID']);
    await server.database.query(sql, [kept.profileId]);
    await eventually(async () => ((await evidenceOf(both)).length === 2 ? true : undefined));
    expect(await evidenceOf(both)).toEqual(['PASSWORD', 'MOBILE_ID']);
  });

  test.each(Object.keys(ENDINGS))('is gone as soon as the mobile ID is %s', async (ending) => {
    const renewed = await proven();
    const kept = phone;
    phone = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
    token = renewed;
    const both = await proven();
    const waiting = await begin(both);
    const answer = kept.answer(await challengeOf(waiting), waiting.number);
    expect(await evidenceOf(both)).toEqual(['PASSWORD', 'MOBILE_ID', 'MOBILE_ID']);
    await ENDINGS[ending]?.(kept.profileId);
    expect(await evidenceOf(both)).toEqual(['PASSWORD', 'MOBILE_ID']);
    expect(codeOf(await sendAnswer(server, waiting.code, answer))).toBe('INVALID_CREDENTIALS');
  });

  test.each(Object.keys(ENDINGS))(
    'is not made of an answer that was given before the mobile ID was %s',
    async (ending) => {
      await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
      const proof = await begin();
      expect((await answerTo(proof)).errors).toEqual([]);
      await ENDINGS[ending]?.(phone.profileId);
      expect(codeOf(await finishProof(server, token, proof.id))).toBe('INVALID_CREDENTIALS');
    },
  );

  test('can be given again once a suspension is lifted', async () => {
    await ENDINGS['suspended by its holder']?.(phone.profileId);
    const by = { token: await sessionOf(server, cast.alva.id) };
    await moveProfile(server, 'reactivateMyProfile', phone.profileId, by);
    expect(await evidenceOf(await proven())).toEqual(['PASSWORD', 'MOBILE_ID']);
  });

  test('opens what a rule asks of MOBILE_ID', async () => {
    const person = await createPerson(server, cast.admin, newName('person'));
    const own = await sessionOf(server, person.id);
    phone = await AnyAnswerPhone.enrol(server, own, cast.projectId);
    token = await sessionOf(server, person.id, ['PASSWORD']);
    const resource = '/account/sessions';
    const input = {
      name: newName('rule'),
      resources: [resource],
      require: [{ anyOf: [{ method: 'MOBILE_ID', maxAgeSeconds: 600 }] }],
    };
    const { errors } = await server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      { input },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    const decisionFor = async (by: string) => {
      const { data } = await server.graphql(
        'query ($r: String!) { resourceAccess(resource: $r) { outcome missing { anyOf { option { method } } } } }',
        { r: resource },
        { token: by },
      );
      return data.resourceAccess;
    };
    expect(await decisionFor(token)).toEqual({
      outcome: 'STEP_UP_REQUIRED',
      missing: [{ anyOf: [{ option: { method: 'MOBILE_ID' } }] }],
    });
    expect(await decisionFor(await proven())).toEqual({ outcome: 'ALLOWED', missing: [] });
  });
});
