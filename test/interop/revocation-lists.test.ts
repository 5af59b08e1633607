import { get } from 'node:http';
import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { parseDer, type DerValue } from '../../src/features/certificates/x509/der';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { gatherCast } from '../helpers/cast';
import { runConsole } from '../helpers/processes/console';
import { crlPem, fetched, PkiStage } from '../helpers/certificates/pki';
import { testRun } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { Workbench } from '../helpers/certificates/verifiers';

let stage: PkiStage;
let bench: Workbench;
let issuerId: string;
let rootId: string;
beforeAll(async () => {
  stage = await PkiStage.set();
  bench = await Workbench.open();
  await bench.write('issuing.pem', stage.chain[0]);
  await bench.write('root.pem', stage.chain[1]);
  issuerId = idIn(stage.crlUrl);
  rootId = idIn(stage.rootCrlUrl);
});
afterAll(async () => {
  await bench.close();
  await stage.remove();
});

const idIn = (url: string): string => /([0-9a-f-]{36})\.crl$/.exec(url)?.[1] ?? '';

/** Has every list published again that is due, as the job does. */
const publish = (): Promise<void> => stage.server.app.services.revocationLists.publishDue();

async function stored(authorityId: string, { query }: TestDatabase = stage.server.database) {
  const [row] = await query<{ number: string; thisUpdate: Date; nextUpdate: Date }>(
    `SELECT number, this_update AS "thisUpdate", next_update AS "nextUpdate"
     FROM revocation_list WHERE authority_id = $1`,
    [authorityId],
  );
  if (row === undefined) throw new Error('There is no list.');
  return row;
}

/** Serial numbers that a list names, upper case. */
async function serialsIn(der: Buffer): Promise<string[]> {
  await bench.write('list.crl', crlPem(der));
  const text = await bench.do('openssl', 'crl', '-in', 'list.crl', '-noout', '-text');
  return [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial = '']) => serial);
}

/** A revoked certificate of nobody, straight into the table. */
async function addRevoked(changes: { notAfter?: string; reason?: string | null } = {}) {
  const serial = `7F${randomBytes(15).toString('hex').toUpperCase()}`;
  await stage.server.database.query(
    `INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before,
       not_after, key_origin, der, fingerprint, public_key_hash, revoked_at, revocation_reason)
     VALUES ($1, $1, $2, 'SIGNATURE', 'REVOKED', $3, '', '', now() - interval '2 years',
       date_trunc('second', now()) + $4::interval, 'DEVICE', '', '', $5, now() - interval '1 minute', $6)`,
    [
      randomUUID(),
      issuerId,
      serial,
      changes.notAfter ?? '1 year',
      randomBytes(32),
      changes.reason ?? null,
    ],
  );
  return serial;
}

/** As if so much time had passed since the last list, and since the last one that was due. */
const age = (interval: string, authorityId = issuerId): Promise<unknown> =>
  stage.server.database.query(
    `UPDATE revocation_list SET this_update = this_update - $1::interval, scheduled_at = scheduled_at - $1::interval,
       next_update = next_update - $1::interval WHERE authority_id = $2`,
    [interval, authorityId],
  );

async function nextList(after: string): Promise<Buffer> {
  await eventually(async () => {
    await publish();
    return (await stored(issuerId)).number === after ? undefined : true;
  });
  return fetched(stage.crlUrl);
}

describe('the list', () => {
  test('is there for the issuing authority and the root as soon as the server is', async () => {
    for (const url of [stage.crlUrl, stage.rootCrlUrl]) {
      expect(await serialsIn(await fetched(url))).toEqual([]);
    }
  });

  test('names who was put on hold, and no more once he is released', async () => {
    const holder = await stage.holder();
    const serials = holder.certificates.map(({ serialNumber }) => serialNumber).sort();
    await stage.change('deactivateUser', holder);
    expect((await serialsIn(await stage.list())).sort()).toEqual(serials);
    const text = await bench.do('openssl', 'crl', '-in', 'list.crl', '-noout', '-text');
    expect(text.match(/Certificate Hold/g)).toHaveLength(3);
    await stage.change('activateUser', holder);
    const list = await stage.list();
    expect(await serialsIn(list)).toEqual([]);
    await stage.change('lockUser', holder);
    expect((await serialsIn(await stage.list())).sort()).toEqual(serials);
    expect(await bench.do('openssl', 'crl', '-in', 'list.crl', '-noout', '-text')).toMatch(
      /Privilege Withdrawn/,
    );
  });

  test('says nothing of a change that was rolled back', async () => {
    const before = await stored(issuerId);
    const { work, revocationLists } = stage.server.app.services;
    const request = await work.systemRequest('test', randomUUID());
    const attempt = work.change(request, async (scope) => {
      const ids = await scope.sql<{ id: never }>('test.ids', 'SELECT id FROM certificate', []);
      await revocationLists.noteChanges(
        scope,
        ids.map(({ id }) => id),
      );
      throw new Error('undone');
    });
    await expect(attempt).rejects.toThrow('undone');
    await publish();
    expect(await stored(issuerId)).toEqual(before);
  });

  test('never names the reason “unspecified”', async () => {
    const { number } = await stored(issuerId);
    const serial = await addRevoked({ reason: 'unspecified' });
    await age('12 hours');
    const list = await nextList(number);
    expect(await serialsIn(list)).toContain(serial);
    expect(await bench.do('openssl', 'crl', '-in', 'list.crl', '-noout', '-text')).not.toContain(
      'Unspecified',
    );
  });

  test('is published anew when half of its time is over, under the next number', async () => {
    const before = await stored(issuerId);
    await publish();
    expect(await stored(issuerId)).toEqual(before);
    await age('12 hours');
    await nextList(before.number);
    const after = await stored(issuerId);
    expect(BigInt(after.number)).toBe(BigInt(before.number) + 1n);
    const [audited] = await stage.server.database.query(
      `SELECT actor, target, detail FROM audit_entry WHERE action = 'revocation-list.publish' ORDER BY id DESC LIMIT 1`,
    );
    expect(audited).toEqual({
      actor: 'system:revocation-lists',
      target: `certificate-authority:${issuerId}`,
      detail: `number ${after.number}`,
    });
    expect(after.nextUpdate.getTime() - after.thisUpdate.getTime()).toBe(24 * 3_600_000);
  });

  test('keeps an entry past its notAfter until it was on one scheduled list after that', async () => {
    const expired = await addRevoked({ notAfter: '-1 hour' });
    await age('2 hours'); // the last scheduled list was before the end
    const holder = await stage.holder();
    await stage.change('deactivateUser', holder); // a list out of schedule
    expect(await serialsIn(await stage.list())).toContain(expired);
    await stage.server.database.query(
      `UPDATE revocation_list SET scheduled_at = scheduled_at - interval '12 hours'`,
    );
    const { number } = await stored(issuerId);
    expect(await serialsIn(await nextList(number))).toContain(expired); // the scheduled one
    await stage.change('activateUser', holder);
    expect(await serialsIn(await stage.list())).not.toContain(expired);
  });
});

test('an authority whose key cannot be reached does not keep the others from publishing', async () => {
  const { query } = stage.server.database;
  const before = await stored(issuerId);
  const [root] = await query<{ key: Buffer }>(
    'SELECT sealed_key AS key FROM certificate_authority WHERE id = $1',
    [rootId],
  );
  await query(`UPDATE certificate_authority SET sealed_key = '\\x00' WHERE id = $1`, [rootId]);
  await query('INSERT INTO revocation_change (authority_id) SELECT id FROM certificate_authority');
  await eventually(async () => {
    await publish().catch(() => undefined);
    return (await stored(issuerId)).number === before.number ? undefined : true;
  });
  expect(await query('SELECT authority_id AS id FROM revocation_change')).toEqual([{ id: rootId }]);
  // The job says so in the same words each time, so that the log has them once.
  for (let i = 0; i < 3; i++) {
    await expect(publish()).rejects.toThrow(`No new revocation list can be published of ${rootId}`);
  }
  await query('UPDATE certificate_authority SET sealed_key = $2 WHERE id = $1', [
    rootId,
    root?.key,
  ]);
  await stage.published();
});

test('a list of 100,000 entries is published, and given out to many', async () => {
  await stage.server.database.query(
    `INSERT INTO certificate (id, profile_id, issuer_id, kind, status, serial_number, subject, issuer, not_before,
       not_after, key_origin, der, fingerprint, public_key_hash, revoked_at, revocation_reason)
     SELECT gen_random_uuid(), gen_random_uuid(), $1, 'SIGNATURE', 'REVOKED', upper('7A5E7A5E' || md5(n::text)), '', '', now(),
       date_trunc('second', now()) + interval '1 year', 'DEVICE', '', '', sha256(n::text::bytea), now(), 'superseded'
     FROM generate_series(1, 100000) n`,
    [issuerId],
  );
  await stage.server.database.query('INSERT INTO revocation_change (authority_id) VALUES ($1)', [
    issuerId,
  ]);
  const list = await stage.list();
  const added = (await serialsIn(list)).filter((serial) => serial.startsWith('7A5E7A5E'));
  expect(new Set(added).size).toBe(100_000);
  const copies = await Promise.all(Array.from({ length: 20 }, () => fetched(stage.crlUrl)));
  expect(copies.every((copy) => copy.equals(list))).toBe(true);
  await stage.server.database.query(`DELETE FROM certificate WHERE serial_number LIKE '7A5E7A5E%'`);
});

describe('a revoked issuing authority', () => {
  test('stands on the list of the root, and OpenSSL trusts nothing below it', async () => {
    const [holder] = (await stage.holder()).certificates;
    await bench.write('leaf.pem', holder?.pem ?? '');
    const { serverUrl } = stage.server.database;
    const environment = { DATABASE_URL: serverUrl, MASTER_KEY: testRun().masterKey };
    expect(await runConsole('ca', environment, 'roll-over')).toMatchObject({ code: 0 });
    const order = ['revoke', issuerId, '--reason', 'cACompromise', '--anyway'];
    expect(await runConsole('ca', environment, ...order)).toMatchObject({ code: 0, stderr: '' });
    const list = await stage.list(stage.rootCrlUrl);
    expect(await serialsIn(list)).toEqual([new X509Certificate(stage.chain[0]).serialNumber]);
    await bench.write('root.crl', crlPem(list));
    await bench.write('issuing.crl', crlPem(await fetched(stage.crlUrl)));
    const said = await bench.run(
      ...(['openssl', 'verify', '-crl_check_all', '-CAfile', 'root.pem'] as const),
      ...['-untrusted', 'issuing.pem', '-CRLfile', 'issuing.crl', '-CRLfile', 'root.crl'],
      'leaf.pem',
    );
    expect(said.text).toMatch(/error 23 at 1 depth lookup: certificate revoked/);
    const ocsp = await bench.do(
      ...(['openssl', 'ocsp', '-issuer', 'root.pem', '-cert', 'issuing.pem'] as const),
      ...['-url', stage.ocspUrl, '-CAfile', 'root.pem'],
    );
    expect(ocsp).toMatch(/Response verify OK[^]*revoked[^]*Reason: cACompromise/);
  });
});

/** Status and length of the answer. By hand, as `fetch` would forbid caches to answer. */
function ask(url: string, headers: Readonly<Record<string, string>>): Promise<[number, number]> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (res) => {
      let length = 0;
      res.on('data', (chunk: Buffer) => (length += chunk.length));
      res.on('end', () => {
        resolve([res.statusCode ?? 0, length]);
      });
    }).on('error', reject);
  });
}

describe('over HTTP', () => {
  test('a list says what it is and how long it may be kept', async () => {
    const response = await fetch(stage.crlUrl);
    const { number, thisUpdate } = await stored(issuerId);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pkix-crl',
      'cache-control': 'max-age=300, public, no-transform, must-revalidate',
      'last-modified': thisUpdate.toUTCString(),
      etag: `"crl-${number}"`,
    });
    const date = Date.parse(response.headers.get('date') ?? '');
    const expires = Date.parse(response.headers.get('expires') ?? '');
    expect(Math.abs(expires - date - 300_000)).toBeLessThan(10_000);
  });

  test('what has not changed is 304', async () => {
    for (const url of [stage.crlUrl, stage.crlUrl.replace(/crl$/, 'cer')]) {
      const first = await fetch(url);
      for (const [asked, got] of [
        ['if-none-match', 'etag'],
        ['if-modified-since', 'last-modified'],
      ] as const) {
        expect(await ask(url, { [asked]: first.headers.get(got) ?? '' })).toEqual([304, 0]);
      }
      expect((await ask(url, { 'if-none-match': '"crl-0"' }))[0]).toBe(200);
    }
  });

  test('HEAD tells the same without the list', async () => {
    const [full, head] = [await fetch(stage.crlUrl), await fetch(stage.crlUrl, { method: 'HEAD' })];
    for (const name of ['content-type', 'content-length', 'etag', 'last-modified']) {
      expect(head.headers.get(name)).toBe(full.headers.get(name));
    }
    expect((await head.arrayBuffer()).byteLength).toBe(0);
  });

  test('the certificate of each authority is where the ones below it say', async () => {
    for (const [id, pem] of [
      [issuerId, stage.chain[0]],
      [rootId, stage.chain[1]],
    ] as const) {
      const response = await fetch(`${stage.server.url}/pki/${id}.cer`);
      expect(response.headers.get('content-type')).toBe('application/pkix-cert');
      expect(Buffer.from(await response.arrayBuffer())).toEqual(new X509Certificate(pem).raw);
    }
  });

  test.each([
    ['of an unknown authority', () => `${randomUUID()}.crl`],
    ['of an unknown authority, its certificate', () => `${randomUUID()}.cer`],
    ['of another kind', () => `${issuerId}.pem`],
    ['in capitals', () => `${issuerId.toUpperCase()}.crl`],
    ['of nobody', () => '.crl'],
    ['up the tree', () => '..%2f..%2fpackage.json'],
    ['up the tree and back', () => `..%2fpki%2f${issuerId}.crl`],
    ['with a null byte', () => `${issuerId}.crl%00.cer`],
    ['below a list', () => `${issuerId}.crl/more`],
  ])('a file %s is 404', async (_what, path) => {
    expect((await fetch(`${stage.server.url}/pki/${path()}`)).status).toBe(404);
  });

  test.each(['POST', 'PUT', 'DELETE'])('%s changes nothing', async (method) => {
    expect((await fetch(stage.crlUrl, { method })).status).toBe(404);
  });
});

describe('two instances', () => {
  test('publish each number once, however they compete', async () => {
    const database = await createTestDatabase();
    const servers: TestServer[] = [];
    for (let i = 0; i < 2; i++) servers.push(await startTestServer({ database }));
    const [server] = servers;
    if (server === undefined) throw new Error('There is no server.');
    await gatherCast(server);
    await database.query('CREATE TABLE published (number bigint, der bytea)');
    await database.query(
      `CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
       $$ BEGIN INSERT INTO published VALUES (NEW.number, NEW.der); RETURN NEW; END $$`,
    );
    await database.query(
      'CREATE TRIGGER keep AFTER UPDATE OF der ON revocation_list FOR EACH ROW EXECUTE FUNCTION keep()',
    );
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      await database.query(
        `UPDATE revocation_list SET this_update = this_update - interval '2 seconds'`,
      );
      await database.query(
        `INSERT INTO revocation_change (authority_id) SELECT id FROM certificate_authority WHERE role = 'ISSUING'`,
      );
      await Promise.all(
        [...servers, ...servers].map(({ app }) => app.services.revocationLists.publishDue()),
      );
    }
    const rows = await database.query<{ number: string; der: Buffer }>(
      'SELECT number, der FROM published ORDER BY number',
    );
    for (const each of servers) await each.stop();
    await database.drop();
    const numbers = rows.map(({ number }) => number);
    expect(numbers.length).toBeGreaterThanOrEqual(rounds - 1);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(rows.map(({ der }) => numberIn(der))).toEqual(numbers);
  });
});

/** cRLNumber. */
function numberIn(der: Buffer): string {
  const tbs = parseDer(der).items[0];
  const extensions = tbs?.items.at(-1)?.items[0]?.items ?? [];
  const value = extensions.find(
    ({ items }: DerValue) => items[0]?.content.toString('hex') === '551d14',
  );
  const number = parseDer(value?.items.at(-1)?.content ?? Buffer.alloc(0)).content;
  return BigInt(`0x${number.toString('hex')}`).toString();
}
