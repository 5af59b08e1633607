import { createHash, sign, type KeyObject } from 'node:crypto';
import { WebSocket } from 'ws';
import type { MobileIdChallenge } from '../../src/phone/contract';
import type { KeyAlgorithm } from '../../src/phone/keys/key-algorithm';
import { MemoryKeyStore, type StoredMobileId } from '../../src/phone/keys/key-store';
import { parseProofLink } from '../../src/phone/link';
import { Phone } from '../../src/phone/phone';
import { connectForProofs } from '../../src/phone/proofs/proof-api';
import { Prover } from '../../src/phone/proofs/prover';
import { connectToServer } from '../../src/phone/server-api';
import { order } from './cast';
import type { GraphqlAnswer } from './graphql';
import { ecKey } from '../unit/certificates/request-builder';
import { HonestOrNotPhone, requestFor } from './phone';
import { noteSecret } from './run';
import type { TestServer } from './server';

export interface EnrolledPhone {
  readonly store: MemoryKeyStore;
  readonly mobileId: StoredMobileId;
  readonly prover: Prover;
}

/** A phone with a mobile ID of the session's user. */
export async function enrolledPhone(
  server: TestServer,
  token: string,
  projectId: string,
  { algorithm, now = () => new Date() }: { algorithm?: KeyAlgorithm; now?: () => Date } = {},
): Promise<EnrolledPhone> {
  const store = new MemoryKeyStore();
  const common = { serverUrl: server.url, store, now, pause: () => Promise.resolve() };
  const phone = new Phone({
    ...common,
    api: connectToServer({ serverUrl: server.url, webSocketImpl: WebSocket }),
    device: { name: 'Phone under test', platform: 'Jest' },
    now: () => new Date(),
    algorithm,
  });
  const placed = await order(server, token, { projectId });
  const task = await phone.claim(placed.code);
  for (const secret of [task.deviceToken, task.challenge]) noteSecret(secret);
  const mobileId = await phone.complete();
  const prover = new Prover({ ...common, api: connectForProofs({ serverUrl: server.url }) });
  return { store, mobileId, prover };
}

export interface StartedProof {
  readonly id: string;
  readonly number: string;
  readonly code: string;
  readonly state: string;
  readonly expiresAt: string;
}

export const tryStartProof = (
  server: Pick<TestServer, 'graphql'>,
  token?: string,
): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    'mutation { startMobileIdProof { id number qr { uri } state expiresAt } }',
    {},
    { token },
  );

/** @throws Error where it is refused */
export async function startProof(
  server: Pick<TestServer, 'graphql'>,
  token: string,
): Promise<StartedProof> {
  const { data, errors } = await tryStartProof(server, token);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { qr, ...proof } = data.startMobileIdProof;
  const link = parseProofLink(qr.uri as string);
  if (link === undefined) throw new Error('It is no link to a question.');
  noteSecret(link.code);
  return { ...proof, code: link.code } as StartedProof;
}

export const finishProof = (
  server: Pick<TestServer, 'graphql'>,
  token: string,
  id: string,
): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `mutation ($id: ID!) { finishMobileIdProof(id: $id) {
       token viewer { evidence { method provider at } } } }`,
    { id },
    { token },
  );

export const readChallenge = (
  server: Pick<TestServer, 'graphql'>,
  code: string,
): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `query ($code: String!) { mobileIdChallenge(code: $code) {
       id nonce displayName address userAgent hints expiresAt } }`,
    { code },
  );

export const sendAnswer = (
  server: Pick<TestServer, 'graphql'>,
  code: string,
  answer: string,
): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `mutation ($input: AnswerMobileIdChallengeInput!) { answerMobileIdChallenge(input: $input) }`,
    { input: { code, answer } },
  );

export const rejectProof = (
  server: Pick<TestServer, 'graphql'>,
  code: string,
): Promise<GraphqlAnswer<any>> =>
  server.graphql('mutation ($code: String!) { rejectMobileIdChallenge(code: $code) }', { code });

/** What an answer says otherwise than an honest phone's would. */
export interface AnswerChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly signer?: Signer;
  readonly key?: KeyObject;
}

type Signer = (data: Buffer, key: KeyObject) => Buffer;
const es256: Signer = (data, key) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });

/** A mobile ID whose keys the test holds, so that it can sign anything. */
export class AnyAnswerPhone {
  private constructor(
    private readonly server: Pick<TestServer, 'url'>,
    readonly profileId: string,
    readonly key: KeyObject,
    private readonly pems: Readonly<Record<string, string>>,
  ) {}

  static async enrol(
    server: TestServer,
    token: string,
    projectId: string,
    key: KeyObject = ecKey(),
  ): Promise<AnyAnswerPhone> {
    const placed = await order(server, token, { projectId });
    return AnyAnswerPhone.enrolBy(server, placed.code, key);
  }

  /** By a code of whichever kind. */
  static async enrolBy(
    server: TestServer,
    code: string,
    key: KeyObject = ecKey(),
  ): Promise<AnyAnswerPhone> {
    const phone = new HonestOrNotPhone(server);
    const task = await phone.claim(code);
    const requests = task.keyRequests.map(({ kind }) =>
      requestFor(kind, task.challenge, kind === 'AUTHENTICATION' ? { privateKey: key } : {}),
    );
    const { data, errors } = await phone.tryActivate(task, requests);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    const { id, certificates } = data.activateEnrolment.profile;
    const pems = Object.fromEntries(certificates.map(({ kind, pem }: any) => [kind, pem]));
    return new AnyAnswerPhone(server, id as string, key, pems);
  }

  /** `x5t#S256` of one of its certificates. */
  thumbprint(kind = 'AUTHENTICATION'): string {
    const der = Buffer.from((this.pems[kind] ?? '').replace(/-----[^-]+-----|\s/g, ''), 'base64');
    return createHash('sha256').update(der).digest('base64url');
  }

  get pem(): string {
    return this.pems['AUTHENTICATION'] ?? '';
  }

  answer(
    { id, nonce }: Pick<MobileIdChallenge, 'id' | 'nonce'>,
    number: string,
    { header = {}, claims = {}, signer = es256, key = this.key }: AnswerChanges = {},
  ): string {
    const iat = Math.floor(Date.now() / 1000);
    const signed = [
      { alg: 'ES256', typ: 'mobile-id+jwt', 'x5t#S256': this.thumbprint(), ...header },
      { aud: this.server.url, jti: id, nonce, number, iat, ...claims },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${signer(Buffer.from(signed), key).toString('base64url')}`;
  }
}
