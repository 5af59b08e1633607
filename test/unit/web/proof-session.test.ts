import { NO_ANSWER, PhoneError, ServerError } from '../../../src/phone/problem.js';
import type { OpenQuestion, Prover } from '../../../src/phone/proofs/prover.js';
import {
  ProofSession,
  type ProofParts,
  type ProofScreen,
} from '../../../src/web/phone/proof/proof-session.js';

const CODE = 'A'.repeat(22);
const QUESTION = { code: CODE } as OpenQuestion;

function setUp(fragment: string | undefined = `p.${CODE}`, obstacle?: 'NO_STORAGE') {
  const prover = {
    open: jest.fn().mockResolvedValue(QUESTION),
    answer: jest.fn().mockResolvedValue(undefined),
    reject: jest.fn().mockResolvedValue(undefined),
  };
  const scanned = { current: () => fragment, forget: jest.fn() };
  const session = new ProofSession({
    scanned,
    store: {} as ProofParts['store'],
    prover: prover as unknown as Prover,
    obstacleIn: () => Promise.resolve(obstacle),
  });
  const seen: ProofScreen['name'][] = [];
  session.subscribe(() => seen.push(session.current().name));
  return { session, prover, scanned, seen };
}

test('a link to a question shows it, and keeps the code for a reload', async () => {
  const { session, seen, scanned, prover } = setUp();
  await session.begin();
  expect(seen).toEqual(['LOADING', 'QUESTION']);
  expect(prover.open).toHaveBeenCalledWith(CODE);
  expect(scanned.forget).not.toHaveBeenCalled();
});

test.each([undefined, '', CODE, 'p.short'])('the fragment %p asks nothing', async (fragment) => {
  const { session, prover } = setUp(fragment ?? '');
  await session.begin();
  expect(session.current()).toEqual({ name: 'IDLE' });
  expect(prover.open).not.toHaveBeenCalled();
});

test('a browser that keeps no keys is told so before the server is asked', async () => {
  const { session, prover } = setUp(undefined, 'NO_STORAGE');
  await session.begin();
  expect(session.current()).toEqual({ name: 'OBSTACLE', obstacle: 'NO_STORAGE' });
  expect(prover.open).not.toHaveBeenCalled();
});

test('the number goes out once, and the code is forgotten with the answer', async () => {
  const { session, prover, scanned, seen } = setUp();
  await session.begin();
  await session.answer(QUESTION, '42');
  expect(prover.answer.mock.calls).toEqual([[QUESTION, '42']]);
  expect(seen.slice(2)).toEqual(['QUESTION', 'ANSWERED']);
  expect(scanned.forget).toHaveBeenCalled();
});

test('saying no tells the server', async () => {
  const { session, prover, scanned } = setUp();
  await session.begin();
  await session.decline(QUESTION);
  expect(prover.reject).toHaveBeenCalledWith(CODE);
  expect(session.current()).toEqual({ name: 'DECLINED' });
  expect(scanned.forget).toHaveBeenCalled();
});

test.each([
  new ServerError('CONFIRMATION_WRONG', 'refused'),
  new ServerError('CODE_EXPIRED', 'refused'),
  new PhoneError('NO_MATCHING_MOBILE_ID'),
])('%p cannot be tried again, and the code is forgotten', async (error) => {
  const { session, prover, scanned } = setUp();
  prover.open.mockRejectedValue(error);
  await session.begin();
  expect(session.current()).toMatchObject({ name: 'PROBLEM', advice: { retry: false } });
  expect(scanned.forget).toHaveBeenCalled();
});

test('without an answer the same step can be tried again', async () => {
  const { session, prover, scanned } = setUp();
  await session.begin();
  prover.answer.mockRejectedValueOnce(new ServerError(NO_ANSWER, 'lost'));
  await session.answer(QUESTION, '42');
  expect(session.current()).toMatchObject({ name: 'PROBLEM', advice: { retry: true } });
  expect(scanned.forget).not.toHaveBeenCalled();
  await session.tryAgain();
  expect(prover.answer).toHaveBeenCalledTimes(2);
  expect(session.current()).toEqual({ name: 'ANSWERED' });
});

test('what an earlier visit still waits for is not shown in a later one', async () => {
  const { session, prover } = setUp();
  let open: (question: OpenQuestion) => void = () => undefined;
  prover.open.mockReturnValueOnce(new Promise((resolve) => (open = resolve)));
  const first = session.begin();
  await Promise.resolve();
  session.leave();
  open(QUESTION);
  await first;
  expect(session.current()).toEqual({ name: 'IDLE' });
});
