import { randomUUID, X509Certificate } from 'node:crypto';
import { runConsole, runUnread, type Run } from '../helpers/processes/console';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { orderFor, phoneAt, setStage, type Stage } from '../helpers/orders';
import { fetched } from '../helpers/certificates/pki';
import { Site } from '../helpers/processes/process';
import { testRun } from '../helpers/run';
import { eventually } from '../helpers/server';
import { SoftToken } from '../helpers/certificates/soft-token';
import { hex } from '../unit/certificates/request-builder';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g;

interface Mobile {
  readonly leaf: X509Certificate;
  readonly issuer: X509Certificate;
  readonly root: X509Certificate;
}

async function mobileIdAt(site: Site, stage: Stage): Promise<Mobile> {
  const order = await orderFor(site, stage);
  const phone = phoneAt(site.url, order.publicUrl);
  await phone.claim(order);
  const { profile, chain } = await phone.complete();
  const [leaf, issuer, root] = [profile.certificates[0]?.pem, ...chain].map(
    (pem) => new X509Certificate(pem ?? ''),
  );
  if (leaf === undefined || issuer === undefined || root === undefined)
    throw new Error('No chain.');
  return { leaf, issuer, root };
}

/** By the root alone, as a relying party does it. */
function isVouchedFor({ leaf, issuer, root }: Mobile): boolean {
  return (
    leaf.checkIssued(issuer) &&
    leaf.verify(issuer.publicKey) &&
    issuer.checkIssued(root) &&
    issuer.verify(root.publicKey)
  );
}

async function issuerAt(site: Site): Promise<string> {
  const { data } = await site.graphql('{ certificateAuthority { fingerprint keyAlgorithm } }');
  return data.certificateAuthority.fingerprint as string;
}

function certificatesIn({ stdout }: Run): X509Certificate[] {
  return (stdout.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
}

describe('with two servers on one database', () => {
  let database: TestDatabase;
  let one: Site;
  let other: Site;
  let stage: Stage;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    database = await createTestDatabase();
    one = await Site.start({ database });
    other = await Site.start({ database, dataDir: one.dataDir });
    stage = await setStage(one);
    environment = { DATABASE_URL: database.url, MASTER_KEY: testRun().masterKey };
  });
  afterAll(async () => {
    await other.remove();
    await one.remove();
    await database.drop();
  });

  test('a new issuing key is taken up by both, and what the old one has issued stays vouched for', async () => {
    const before = await mobileIdAt(one, stage);
    const oldIssuer = await issuerAt(other);

    const run = await runConsole('ca', environment, 'roll-over', '--key-algorithm', 'P-384');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^[0-9a-f-]{36} issues from now on\.\n$/);

    for (const site of [one, other]) {
      const after = await mobileIdAt(site, stage);
      expect(isVouchedFor(after)).toBe(true);
      expect(after.issuer.fingerprint256).not.toBe(before.issuer.fingerprint256);
      expect(after.issuer.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'secp384r1' });
      expect(after.root.fingerprint256).toBe(before.root.fingerprint256);
      await eventually(async () => ((await issuerAt(site)) === oldIssuer ? undefined : true));
      expect(await issuerAt(site)).toBe(after.issuer.fingerprint256);
    }
    expect(isVouchedFor(before)).toBe(true);
    const made = await database.query(
      `SELECT DISTINCT detail FROM audit_entry WHERE action = 'certificate-authority.create' ORDER BY detail`,
    );
    expect(made).toEqual([{ detail: 'ISSUING' }, { detail: 'ROOT' }]);
    const [audited] = await database.query<{ actor: string; target: string }>(
      `SELECT actor, target FROM audit_entry WHERE action = 'certificate-authority.roll-over'`,
    );
    expect(audited).toEqual({
      actor: 'system:console',
      target: `certificate-authority:${run.stdout.slice(0, 36)}`,
    });
  });

  test('a server that was told nothing issues by no authority that has retired', async () => {
    await runConsole('ca', environment, 'roll-over');
    const known = await mobileIdAt(one, stage);
    // Without a word to anybody, the one before it is put back.
    await database.query(
      `UPDATE certificate_authority SET state = 'RETIRED' WHERE state = 'ACTIVE' AND role = 'ISSUING'`,
    );
    await database.query(
      `UPDATE certificate_authority SET state = 'ACTIVE' WHERE id = (
         SELECT id FROM certificate_authority WHERE role = 'ISSUING' ORDER BY created_at LIMIT 1)`,
    );
    const after = await mobileIdAt(one, stage);
    expect(after.issuer.fingerprint256).not.toBe(known.issuer.fingerprint256);
    expect(isVouchedFor(after)).toBe(true);
  });

  test('shows and exports every authority, and no key', async () => {
    const shown = await runConsole('ca', environment, 'show');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^Root [0-9a-f-]{36} {2}ACTIVE\n/);
    expect(shown.stdout.match(/^Issuing .* {2}(?:ACTIVE|RETIRED)$/gm)).toHaveLength(3);
    expect(shown.stdout).toContain('P-384, sealed in the database');

    const exported = await runConsole('ca', environment, 'export');
    const certificates = certificatesIn(exported);
    expect(exported.stdout.replace(CERTIFICATE, '')).toBe('');
    expect(certificates).toHaveLength(4);
    const root = certificates.at(-1);
    expect(certificates.map((each) => root !== undefined && each.verify(root.publicKey))).toEqual(
      certificates.map(() => true),
    );
    const [, id = ''] = /^Issuing ([0-9a-f-]{36})/m.exec(shown.stdout) ?? [];
    expect(certificatesIn(await runConsole('ca', environment, 'export', id))).toHaveLength(1);
  });

  test('a reader that has seen enough is no failure', async () => {
    for (const verb of ['show', 'export']) {
      expect(await runUnread('ca', environment, verb)).toEqual({ code: 0, stderr: '' });
    }
  });

  test('an authority that has retired is revoked: the root says so, and nothing below it is trusted', async () => {
    const { leaf, issuer } = await mobileIdAt(one, stage);
    const shown = (await runConsole('ca', environment, 'show')).stdout;
    const [, root = ''] = /^Root ([0-9a-f-]{36})/m.exec(shown) ?? [];
    const [, id = ''] = /^Issuing ([0-9a-f-]{36}) {2}ACTIVE/m.exec(shown) ?? [];
    const revoke = (of: string, ...more: string[]): Promise<Run> =>
      runConsole('ca', environment, 'revoke', of, '--reason', 'cACompromise', ...more);
    const refusal = async (of: string, ...more: string[]): Promise<string> => {
      const { code, stdout, stderr } = await revoke(of, ...more);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      return stderr;
    };
    expect(await refusal(root, '--anyway')).toContain('The root cannot revoke itself');
    expect(await refusal(id, '--anyway')).toContain('Roll over to a new one first');
    expect(await refusal(randomUUID(), '--anyway')).toContain('no authority with this ID');
    await runConsole('ca', environment, 'roll-over');
    expect(await refusal(id)).toMatch(/^\d+ certificates .* in use.* --anyway\.\n$/);

    const { code, stdout } = await revoke(id, '--anyway');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      / is revoked \(cACompromise\).* \d+ certificates .* trusted no more\.\n$/,
    );
    expect(await refusal(id, '--anyway')).toContain('revoked already');
    const [audited] = await database.query(
      `SELECT actor, detail FROM audit_entry WHERE action = 'certificate-authority.revoke' AND target = $1`,
      [`certificate-authority:${id}`],
    );
    expect(audited).toEqual({ actor: 'system:console', detail: 'cACompromise' });

    expect((await runConsole('ca', environment, 'show')).stdout).toMatch(/ {2}revoked +20/);
    expect(leaf.checkIssued(issuer)).toBe(true);
    const serial = hex(issuer.serialNumber);
    await eventually(async () => {
      const list = await fetched(`${one.url}/pki/${root}.crl`);
      return list.includes(serial) ? true : undefined;
    });
    const next = await mobileIdAt(other, stage);
    expect([isVouchedFor(next), next.issuer.fingerprint256 === issuer.fingerprint256]).toEqual([
      true,
      false,
    ]);
    const handedOut = await fetch(`${one.url}/.well-known/est/cacerts`);
    const all = Buffer.from(await handedOut.text(), 'base64');
    expect([all.includes(next.issuer.raw), all.includes(issuer.raw)]).toEqual([true, false]);
  });

  test.each([
    [['show', 'all']],
    [['roll-over', 'now']],
    [['roll-over', '--key-algorithm', 'RSA-1024']],
    [['export', 'one', 'two']],
    [['show', '--key-algorithm', 'P-256']],
    [['revoke']],
    [['revoke', '5f2b6f0e-1c5a-4a57-9c2b-1a2b3c4d5e6f']],
    [['revoke', '5f2b6f0e-1c5a-4a57-9c2b-1a2b3c4d5e6f', '--reason', 'keyCompromise']],
    [['revoke', '--reason', 'cACompromise']],
    [['roll-over', '--anyway']],
  ])('%j is not understood, which is said in a line', async (args) => {
    const { code, stdout, stderr } = await runConsole('ca', environment, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\n]+ Help: npm run ca -- --help\n$/);
  });

  test('an ID that no authority has, and another master key, are refused in a line', async () => {
    const unknown = '5f2b6f0e-1c5a-4a57-9c2b-1a2b3c4d5e6f';
    expect(await runConsole('ca', environment, 'export', unknown)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no authority with this ID.\n',
    });
    const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');
    const { code, stderr } = await runConsole('ca', { ...environment, MASTER_KEY }, 'roll-over');
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 1, lines: 2 });
    expect(stderr).toContain('is not the key that this database was set up with');
  });
});

describe('with a PKCS #11 token', () => {
  let token: SoftToken;
  let site: Site;
  beforeEach(async () => {
    token = await SoftToken.make();
  });
  afterEach(async () => {
    await site.remove();
    await token.remove();
  });

  function settingsOf({ settings, environment }: SoftToken) {
    const { module, token: label, pin } = settings;
    return { PKCS11_MODULE: module, PKCS11_TOKEN: label, PKCS11_PIN: pin, ...environment };
  }

  test.each(['RSA-2048', 'P-256'] as const)(
    'keys of type %s are made there, and the server issues without ever having them',
    async (keyAlgorithm) => {
      site = await Site.start({
        environment: { ...settingsOf(token), CA_KEY_ALGORITHM: keyAlgorithm },
      });
      expect(isVouchedFor(await mobileIdAt(site, await setStage(site)))).toBe(true);
      const { stdout } = await runConsole(
        'ca',
        { ...settingsOf(token), DATA_DIR: site.dataDir },
        'show',
      );
      expect(stdout.match(/in the PKCS #11 token/g)).toHaveLength(2);
      expect(stdout).not.toContain('sealed in the database');

      await site.process.terminate();
      await site.start();
      expect(isVouchedFor(await mobileIdAt(site, await setStage(site)))).toBe(true);
    },
  );

  test('an issuing key that was in the database gives way to one there', async () => {
    const before = await Site.start();
    try {
      const stage = await setStage(before);
      const old = await mobileIdAt(before, stage);
      await before.process.terminate();
      site = await Site.start({ dataDir: before.dataDir, environment: settingsOf(token) });
      const environment = { ...settingsOf(token), DATA_DIR: before.dataDir };
      expect(await runConsole('ca', environment, 'roll-over')).toMatchObject({ code: 0 });

      const after = await mobileIdAt(site, await setStage(site));
      expect([isVouchedFor(old), isVouchedFor(after)]).toEqual([true, true]);
      const { stdout } = await runConsole('ca', environment, 'show');
      expect(stdout.match(/sealed in the database/g)).toHaveLength(2);
      expect(stdout.match(/in the PKCS #11 token/g)).toHaveLength(1);

      await site.process.terminate();
      const blind = before.launch();
      await blind.exited;
      expect(blind.output).toContain('set PKCS11_MODULE, PKCS11_TOKEN and PKCS11_PIN');

      // The key in the token retires: nobody needs the token to start and to issue.
      const withoutToken = { DATA_DIR: before.dataDir };
      expect(await runConsole('ca', withoutToken, 'roll-over')).toMatchObject({ code: 0 });
      await before.start();
      expect(isVouchedFor(await mobileIdAt(before, await setStage(before)))).toBe(true);
    } finally {
      await before.remove();
    }
  });
});
