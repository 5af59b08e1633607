import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { makeRequest } from '../../src/phone/certificate-request';
import type { DeviceTask } from '../../src/phone/contract';
import { MemoryKeyStore, type StoredMobileId } from '../../src/phone/keys/key-store';
import { parseLink } from '../../src/phone/link';
import { Phone } from '../../src/phone/phone';
import { connectToServer } from '../../src/phone/server-api';
import { administrator, createPerson, createProject, type CallableServer } from './people';
import { noteSecret } from './run';

/** An administrator's session and a project of his. */
export interface Stage {
  readonly admin: string;
  readonly projectId: string;
}

export interface Order {
  readonly id: string;
  readonly watchToken: string;
  readonly code: string;
  readonly publicUrl: string;
}

export async function setStage(
  server: CallableServer,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Stage> {
  const admin = await administrator(server);
  return { admin, projectId: await createProject(server, admin, newName('project'), settings) };
}

/** A mobile ID for a new user, ordered by the administrator, its code on screen. */
export async function orderFor(
  server: CallableServer,
  { admin, projectId }: Stage,
  userId?: string,
): Promise<Order> {
  const holder = userId ?? (await createPerson(server, admin, newName('user'))).id;
  const { data, errors } = await server.graphql(
    `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
       startEnrolmentForUser(userId: $userId, input: $input) {
         watchToken enrolment { id qr { uri } } } }`,
    { userId: holder, input: { projectId } },
    { token: admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return orderOf(data.startEnrolmentForUser);
}

export function orderOf(started: {
  watchToken: string;
  enrolment: { id: string; qr: { uri: string } };
}): Order {
  const { code, serverUrl: publicUrl } = parseLink(started.enrolment.qr.uri);
  return { id: started.enrolment.id, watchToken: started.watchToken, code, publicUrl };
}

export interface TestPhone {
  readonly claim: (order: Order) => Promise<DeviceTask>;
  readonly complete: () => Promise<StoredMobileId>;
}

/** A phone that talks to the server at `url`; `pause` is what it does before it repeats an unanswered call. */
export function phoneAt(
  url: string,
  publicUrl: string,
  pause: () => Promise<void> = () => Promise.resolve(),
): TestPhone {
  const phone = new Phone({
    serverUrl: publicUrl,
    api: connectToServer({ serverUrl: url, webSocketImpl: WebSocket }),
    store: new MemoryKeyStore(),
    device: { name: 'Phone under test', platform: 'Jest' },
    now: () => new Date(),
    pause,
  });
  return {
    claim: async ({ code }) => {
      const task = await phone.claim(code);
      for (const secret of [task.deviceToken, task.challenge, task.confirmationCode]) {
        if (secret !== null) noteSecret(secret);
      }
      return task;
    },
    complete: () => phone.complete(),
  };
}

export interface Request {
  readonly kind: string;
  readonly csr: string;
}

/** New keys, and the requests that a phone would send for them. */
export function requestsFor({ keyRequests, challenge }: DeviceTask): Promise<Request[]> {
  return Promise.all(
    keyRequests.map(async ({ kind }) => {
      const order = { kind, algorithm: 'P-256', commonName: 'Phone', challenge } as const;
      return { kind, csr: (await makeRequest(order)).csr };
    }),
  );
}

export interface Issued {
  readonly id: string;
  readonly certificates: readonly { readonly kind: string; readonly fingerprint: string }[];
}

/** Sends the requests once. @throws Error where there is no answer, or a refusal */
export async function activate(
  server: Pick<CallableServer, 'graphql'>,
  { deviceToken }: DeviceTask,
  requests: readonly Request[],
): Promise<Issued> {
  const { data, errors } = await server.graphql(
    `mutation ($input: ActivateEnrolmentInput!) {
       activateEnrolment(input: $input) { profile { id certificates { kind fingerprint } } } }`,
    { input: { deviceToken, requests } },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.activateEnrolment.profile as Issued;
}

export function newName(what: string): string {
  return `${what}-${randomBytes(5).toString('hex')}`;
}
