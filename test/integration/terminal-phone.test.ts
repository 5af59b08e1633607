import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gatherCast, order, type Cast } from '../helpers/cast';
import { finishProof, startProof } from '../helpers/mobile-id';
import { certificatesOf, endsInDays } from '../helpers/renewals';
import { noteSecret } from '../helpers/run';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const PROGRAM = resolve(__dirname, '../../dist/src/cli/phone.js');

let server: TestServer;
let cast: Cast;
let folder: string;
let kept: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 10 });
  folder = await mkdtemp(join(tmpdir(), 'signet-terminal-phone-'));
  kept = join(folder, 'phone.json');
  const { code } = await order(server, cast.alva.token, { projectId: cast.projectId });
  const { status, output } = await phone(`${server.url}/m#${code}`, '--keep', kept);
  if (status !== 0) throw new Error(output);
  await noteKept();
});

interface Kept {
  readonly key: { readonly pkcs8: string };
  readonly signatureKey: { readonly pkcs8: string };
  readonly device: { readonly pkcs8: string };
  readonly profile: { readonly id: string; readonly validTo: string };
}

async function noteKept(): Promise<Kept> {
  const all = JSON.parse(await readFile(kept, 'utf8')) as Kept[];
  for (const { key, signatureKey, device } of all) {
    for (const { pkcs8 } of [key, signatureKey, device]) noteSecret(pkcs8);
  }
  const [first] = all;
  if (first === undefined) throw new Error('Nothing was kept.');
  return first;
}

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function phone(...args: string[]): Promise<{ status: number; output: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  }
  const [status] = (await once(child, 'close')) as [number];
  return { status, output: Buffer.concat(chunks).toString() };
}

async function asked() {
  const token = await sessionOf(server, cast.alva.id, ['PASSWORD']);
  const proof = await startProof(server, token);
  return { token, proof, link: `${server.url}/m#p.${proof.code}` };
}

test('a mobile ID that was kept answers a later question', async () => {
  const { token, proof, link } = await asked();
  const { status, output } = await phone(link, '--keep', kept, '--number', proof.number);
  expect(output).toContain('Is this    alva?');
  expect(output).toContain('signed: the page that asked goes on');
  expect(output).not.toContain(proof.code);
  expect(status).toBe(0);
  expect((await finishProof(server, token, proof.id)).errors).toEqual([]);
});

test('an empty number says no', async () => {
  const { token, proof, link } = await asked();
  const { output } = await phone(link, '--keep', kept, '--number', '');
  expect(output).toContain('said no');
  const { errors } = await finishProof(server, token, proof.id);
  expect(errors[0]?.extensions).toMatchObject({ state: 'REJECTED' });
});

test('a wrong number fails in words about the question', async () => {
  const { proof, link } = await asked();
  const wrong = proof.number === '42' ? '43' : '42';
  const { status, output } = await phone(link, '--keep', kept, '--number', wrong);
  expect(status).toBe(1);
  expect(output).toContain('That was not the number on the page (CONFIRMATION_WRONG)');
});

test('a phone that kept nothing says so', async () => {
  const { link } = await asked();
  const { status, output } = await phone(link);
  expect(status).toBe(1);
  expect(output).toContain('NO_MATCHING_MOBILE_ID');
  expect(output).toContain('--keep');
});

test('a file that is not there is named, with what makes it', async () => {
  const nowhere = join(folder, 'nowhere.json');
  const { link } = await asked();
  const told = {
    status: 1,
    output: `There is no file ${nowhere}. A phone that gets a mobile ID makes it: npm run phone -- LINK --keep ${nowhere}\n`,
  };
  expect(await phone('renew', '--keep', nowhere)).toEqual(told);
  expect(await phone(link, '--keep', nowhere, '--number', '42')).toEqual(told);
  expect(await phone('decrypt', kept, '--keep', nowhere)).toEqual(told);
});

describe('renew', () => {
  test('leaves alone what lasts, and says from when on it can be renewed', async () => {
    const before = await noteKept();
    const { status, output } = await phone('renew', '--keep', kept);
    expect(output).toMatch(/not now: from \d{4}-\d\d-\d\d on/);
    expect(status).toBe(0);
    expect(await noteKept()).toEqual(before);
    const asked = await phone('renew', '--keep', kept, '--profile', before.profile.id);
    expect(asked.output).toContain('RENEWABLE_LATER');
    expect(asked.status).toBe(1);
  });

  test('renews what runs out soon, and the new key answers', async () => {
    const before = await noteKept();
    await endsInDays(server, before.profile.id, 20);
    const { status, output } = await phone('renew', '--keep', kept);
    expect(output).toContain('1 renewed');
    expect(status).toBe(0);
    const after = await noteKept();
    expect(after.key).not.toEqual(before.key);
    expect(after.device).toEqual(before.device);
    expect(await certificatesOf(server, before.profile.id)).toEqual([
      'AUTHENTICATION REVOKED superseded',
      'SIGNATURE REVOKED superseded',
      'AUTHENTICATION VALID',
      'SIGNATURE VALID',
    ]);
    const { token, proof, link } = await asked();
    await phone(link, '--keep', kept, '--number', proof.number);
    expect((await finishProof(server, token, proof.id)).errors).toEqual([]);
  });

  test('without a file, or of a mobile ID that is not in it, says so', async () => {
    const nowhere = await phone('renew');
    const unknown = await phone('renew', '--keep', kept, '--profile', 'x');
    for (const { status, output } of [nowhere, unknown]) {
      expect(status).toBe(1);
      expect(output).toContain('NO_SUCH_MOBILE_ID');
    }
  });
});

test('a phone that scans an activation code gets its ID, and the same one in its next life', async () => {
  const { uri } = await createSelfRegistration(server, cast.admin, { firstId: 77 });
  const file = join(folder, 'shared.json');
  const first = await phone(uri, '--keep', file);
  expect(first.status).toBe(0);
  expect(first.output).toContain('an ID that is assigned at the end');
  expect(first.output).toMatch(/ of 77$/m);
  const again = await phone(uri, '--keep', file);
  expect(again.output).toMatch(/ of 77$/m);
  expect((await phone(uri)).output).toMatch(/ of 78$/m);
  for (const match of (await readFile(file, 'utf8')).matchAll(/"pkcs8":"([^"]+)"/g)) {
    noteSecret(match[1] ?? '');
  }
});
