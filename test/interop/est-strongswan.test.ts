import { X509Certificate } from 'node:crypto';
import { statusOf } from '../helpers/cast';
import type { ToolAnswer } from '../helpers/certificates/est-client';
import { setEstStage, type EstStage } from '../helpers/certificates/est-stage';
import { noteSecret } from '../helpers/run';

let stage: EstStage;
let url: string;

beforeAll(async () => {
  stage = await setEstStage({ validityDays: 20 });
  url = stage.client.base;
  const { data } = await stage.server.graphql('{ certificateAuthority { chain } }');
  const [issuing, root] = data.certificateAuthority.chain as [string, string];
  stage.client.write('issuing.pem', issuing);
  stage.client.write('root.pem', root);
});
afterAll(() => stage.remove());

const pki = (...args: readonly string[]): Promise<ToolAnswer> => {
  const trusted = ['tls-ca.pem', 'root.pem', 'issuing.pem'].flatMap((each) => ['--cacert', each]);
  return stage.client.run('pki', [...args, ...trusted, '--outform', 'pem']);
};

/** A key and a request, both made by strongSwan. */
async function requestBy(name: string): Promise<void> {
  const { client } = stage;
  const key = await client.print(
    'pki',
    ...['--gen', '--type', 'ecdsa', '--size', '256', '--outform', 'pem'],
  );
  for (const line of key.trim().split('\n').slice(1, -1)) noteSecret(line);
  client.write(`${name}.key`, key);
  const dn = ['--type', 'ecdsa', '--in', `${name}.key`, '--dn', `CN=${name}`];
  client.write(`${name}.pem`, await client.print('pki', '--req', ...dn, '--outform', 'pem'));
}

async function enrol(name: string, at: string, code: string): Promise<ToolAnswer> {
  await requestBy(name);
  const answer = await pki(
    ...['--est', '--url', at, '--in', `${name}.pem`, '--userpass', `est:${code}`],
  );
  stage.client.write(`${name}.crt`, answer.stdout);
  return answer;
}

test('strongSwan gets the authorities and relies on them', async () => {
  const { isOk, stderr } = await pki('--estca', '--url', url, '--caout', 'got.pem');
  expect(isOk).toBe(true);
  expect(stderr).toMatch(/Sub CA cert is trusted/);
  const names = ['got.pem', 'got-1.pem'].map((name) => stage.client.read(name).toString());
  const sent = ['root.pem', 'issuing.pem'].map((name) => stage.client.read(name).toString());
  expect(names.map(derOf)).toEqual(sent.map(derOf));
});

test('strongSwan enrols, one certificate after the other, and trusts them', async () => {
  const { id, code } = await stage.order();
  for (const label of ['authentication', 'signature']) {
    const { isOk, stderr } = await enrol(label, `${url}/${label}`, code);
    expect([isOk, stderr]).toEqual([true, expect.stringMatching(/Issued certificate is trusted/)]);
  }
  expect(await statusOf(stage.server, id)).toBe('ACTIVE');
});

test('strongSwan renews by the certificate that it has', async () => {
  const { code } = await stage.order({ certificates: ['AUTHENTICATION'] });
  expect((await enrol('old', url, code)).isOk).toBe(true);
  await requestBy('new');
  const present = ['--cert', 'old.crt', '--key', 'old.key'];
  const { isOk, stdout } = await pki('--est', '--url', url, '--in', 'new.pem', ...present);
  expect(isOk).toBe(true);
  const { subject, subjectAltName } = new X509Certificate(stage.client.read('old.crt'));
  expect(new X509Certificate(stdout)).toMatchObject({ subject, subjectAltName });
  const again = await pki('--est', '--url', url, '--in', 'new.pem', ...present);
  expect(derOf(again.stdout)).toEqual(derOf(stdout));
});

test('strongSwan says why it got nothing', async () => {
  const { isOk, stderr } = await enrol('refused', url, 'nonsense');
  expect([isOk, stderr]).toEqual([false, expect.stringMatching(/HTTP 401/)]);
});

function derOf(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}
