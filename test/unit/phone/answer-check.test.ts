import { checkAnswer } from '../../../src/phone/answer-check.js';
import { makeRequest, type MadeRequest } from '../../../src/phone/certificate-request.js';
import type { IssuedMobileId } from '../../../src/phone/contract.js';
import { fakeAuthority, FakeServer } from './fake-server.js';

const REJECTED = { code: 'ANSWER_REJECTED' };

async function requests(): Promise<MadeRequest[]> {
  const order = { algorithm: 'P-256', commonName: 'Alva', challenge: 'challenge' } as const;
  return [
    await makeRequest({ ...order, kind: 'AUTHENTICATION' }),
    await makeRequest({ ...order, kind: 'SIGNATURE' }),
  ];
}

async function answerTo(
  made: readonly MadeRequest[],
  algorithm?: 'P-384' | 'RSA-2048',
): Promise<IssuedMobileId> {
  const server = new FakeServer(await fakeAuthority(algorithm));
  return server.activateEnrolment({ deviceToken: 'token', requests: made });
}

const withCertificates = (
  answer: IssuedMobileId,
  change: (
    all: IssuedMobileId['profile']['certificates'],
  ) => IssuedMobileId['profile']['certificates'],
): IssuedMobileId => ({
  ...answer,
  profile: { ...answer.profile, certificates: change(answer.profile.certificates) },
});

test.each([undefined, 'P-384', 'RSA-2048'] as const)(
  'certificates for our keys with a whole chain are accepted (CA key %s)',
  async (algorithm) => {
    const made = await requests();
    await expect(checkAnswer(await answerTo(made, algorithm), made)).resolves.toBeUndefined();
  },
);

test('certificates for other keys are rejected', async () => {
  const answer = await answerTo(await requests());
  await expect(checkAnswer(answer, await requests())).rejects.toMatchObject(REJECTED);
});

test('certificates with their kinds exchanged are rejected', async () => {
  const made = await requests();
  const exchanged = withCertificates(await answerTo(made), (all) =>
    all.map((it) => ({
      ...it,
      kind: it.kind === 'SIGNATURE' ? 'AUTHENTICATION' : 'SIGNATURE',
    })),
  );
  await expect(checkAnswer(exchanged, made)).rejects.toMatchObject(REJECTED);
});

test('a missing certificate is rejected', async () => {
  const made = await requests();
  const short = withCertificates(await answerTo(made), (all) => all.slice(1));
  await expect(checkAnswer(short, made)).rejects.toMatchObject(REJECTED);
});

test.each([
  ['empty', (): string[] => []],
  ['without its root', (chain: readonly string[]) => chain.slice(0, 1)],
  ['without its issuer', (chain: readonly string[]) => chain.slice(1)],
  ['in the wrong order', (chain: readonly string[]) => [...chain].reverse()],
  ['of garbage', () => ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----']],
  ['of something that is not PEM', () => ['hello']],
])('a chain that is %s is rejected', async (_, change) => {
  const made = await requests();
  const answer = await answerTo(made);
  const broken = { ...answer, chain: change(answer.chain) };
  await expect(checkAnswer(broken, made)).rejects.toMatchObject(REJECTED);
});

test('a chain of the same names with other keys is rejected', async () => {
  const made = await requests();
  const impostor = { ...(await answerTo(made)), chain: (await fakeAuthority()).chain };
  await expect(checkAnswer(impostor, made)).rejects.toMatchObject(REJECTED);
});

test('no changed byte of a certificate goes through', async () => {
  const made = (await requests()).slice(0, 1);
  const answer = await answerTo(made);
  const der = Buffer.from(bodyOf(answer), 'base64');
  for (let at = 0; at < der.length; at += 1) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    const pem = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----`;
    const forged = withCertificates(answer, (all) => all.map((it) => ({ ...it, pem })));
    await expect(checkAnswer(forged, made)).rejects.toMatchObject(REJECTED);
  }
});

function bodyOf({ profile }: IssuedMobileId): string {
  return profile.certificates[0]?.pem.replaceAll(/-----[^-]+-----|\s/g, '') ?? '';
}
