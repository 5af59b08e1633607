import { randomBytes, X509Certificate } from 'node:crypto';
import { Client } from 'pg';
import { OcspSignerService } from '../../src/features/certificates/revocation/ocsp-signer.service';
import { parseDer } from '../../src/features/certificates/x509/der';
import {
  certId,
  extension,
  getOcsp,
  httpRequest,
  nonceExtension,
  ocspRequest,
  postOcsp,
  readAnswer,
  statusCode,
  type Answer,
  type HttpAnswer,
} from '../helpers/certificates/ocsp';
import { runConsole } from '../helpers/processes/console';
import { PkiStage, type Holder } from '../helpers/certificates/pki';
import { testRun } from '../helpers/run';
import { rowsOf } from '../helpers/rows';
import { eventually, startTestServer } from '../helpers/server';
import { AuthorityKeys } from '../../src/features/certificates/authorities/authority-keys';
import { AuthorityService } from '../../src/features/certificates/authorities/authority.service';
import { AuthorityDirectory } from '../../src/features/certificates/authorities/authority-directory.service';
import { hex, tlv } from '../unit/certificates/request-builder';

const MALFORMED = 1;
const TRY_LATER = 3;
const UNAUTHORIZED = 6;

let stage: PkiStage;
let holder: Holder;
let issuing: string;
let root: string;
beforeAll(async () => {
  stage = await PkiStage.set();
  [issuing, root] = stage.chain;
  holder = await stage.holder();
});
afterAll(() => stage.remove());

const serialsOf = ({ certificates }: Holder): string[] =>
  certificates.map(({ serialNumber }) => serialNumber);
const idsOf = (one: Holder, hash?: 'sha1' | 'sha256'): Buffer[] =>
  serialsOf(one).map((serial) => certId(issuing, serial, hash));
const firstId = (one: Holder = holder): Buffer => idsOf(one)[0] ?? Buffer.of();
const ask = async (request: Buffer, issuer = issuing): Promise<Answer> =>
  readAnswer((await postOcsp(stage.ocspUrl, request)).body, issuer);
const headerSize = (der: Buffer): number =>
  der.readUInt8(1) < 0x80 ? 2 : 2 + (der.readUInt8(1) & 0x7f);
const refused = ({ status, body, headers }: HttpAnswer): unknown[] => [
  status,
  headers['content-type'],
  headers['cache-control'],
  statusCode(body),
];
const REFUSED = [200, 'application/ocsp-response', 'no-store'];

describe('the status of a certificate', () => {
  test('is good, on hold with time and reason, good again, revoked', async () => {
    const one = await stage.holder();
    const request = ocspRequest([firstId(one)]);
    const seen = [];
    for (const verb of [null, 'deactivateUser', 'activateUser', 'lockUser'] as const) {
      if (verb !== null) await stage.change(verb, one);
      const { answers, producedAt } = await ask(request);
      const [answer] = answers;
      if (answer === undefined) throw new Error('There is no answer.');
      seen.push([answer.status, answer.reason]);
      expect(answer.revokedAt === null).toBe(answer.status === 'good');
      expect((answer.revokedAt ?? producedAt).getTime()).toBeLessThanOrEqual(producedAt.getTime());
    }
    expect(seen).toEqual([
      ['good', null],
      ['revoked', 6],
      ['good', null],
      ['revoked', 9],
    ]);
  });

  test.each(['sha1', 'sha256'] as const)('may be asked by %s', async (hash) => {
    const ids = idsOf(holder, hash);
    for (const id of ids) {
      const { answers } = await ask(ocspRequest([id]));
      expect(answers).toMatchObject([{ id: id.toString('hex'), status: 'good' }]);
    }
  });

  test('of several certificates comes in one answer, in their order', async () => {
    const other = await stage.holder();
    await stage.change('lockUser', other);
    const ids = [...idsOf(holder), ...idsOf(other), certId(issuing, '01')];
    const { answers, nonce } = await ask(ocspRequest(ids));
    expect(answers.map(({ id }) => id)).toEqual(ids.map((id) => id.toString('hex')));
    expect(answers.map(({ status }) => status)).toEqual([
      ...['good', 'good', 'good'],
      ...['revoked', 'revoked', 'revoked'],
      'unknown',
    ]);
    expect(nonce).toBeNull();
  });

  test('never issued is unknown, and leaves no trace', async () => {
    await ask(ocspRequest([firstId()]));
    const before = await rowsOf(stage.server.database);
    const serials = [
      '01',
      '7f'.repeat(20),
      'ff'.repeat(16),
      ...Array.from({ length: 20 }, () => randomBytes(16).toString('hex')),
    ];
    for (const serial of serials) {
      const { answers } = await ask(ocspRequest([certId(issuing, serial)]));
      expect(answers).toMatchObject([{ status: 'unknown' }]);
    }
    expect(await rowsOf(stage.server.database)).toEqual(before);
  });

  test('of another authority’s certificate is not ours to give', async () => {
    const foreign = await PkiStage.set();
    const id = certId(foreign.chain[0], serialsOf(holder)[0] ?? '');
    await foreign.remove();
    expect(refused(await postOcsp(stage.ocspUrl, ocspRequest([id])))).toEqual([
      ...REFUSED,
      UNAUTHORIZED,
    ]);
    const { answers } = await ask(ocspRequest([firstId(), id]));
    expect(answers.map(({ status }) => status)).toEqual(['good', 'unknown']);
  });

  test('of certificates of two authorities cannot be signed by one', async () => {
    const ofIssuing = certId(root, new X509Certificate(issuing).serialNumber);
    const { answers } = await ask(ocspRequest([ofIssuing]), root);
    expect(answers).toMatchObject([{ status: 'good' }]);
    const mixed = await postOcsp(stage.ocspUrl, ocspRequest([firstId(), ofIssuing]));
    expect(refused(mixed)).toEqual([...REFUSED, UNAUTHORIZED]);
  });

  test('of a certificate that ran out while on hold stays revoked', async () => {
    const one = await stage.holder();
    await stage.change('deactivateUser', one);
    await stage.server.database.query(
      `UPDATE certificate SET status = 'EXPIRED' WHERE serial_number = ANY($1)`,
      [serialsOf(one)],
    );
    const { answers } = await ask(ocspRequest([firstId(one)]));
    expect(answers).toMatchObject([{ status: 'revoked', reason: 6 }]);
  });
});

describe('an answer', () => {
  test('is produced not before what it says, and says until when', async () => {
    for (const extensions of [[], [nonceExtension(randomBytes(16))]]) {
      const { producedAt, answers, dataTags } = await ask(ocspRequest(idsOf(holder), extensions));
      for (const { thisUpdate, nextUpdate } of answers) {
        expect(producedAt.getTime()).toBeGreaterThanOrEqual(thisUpdate.getTime());
        expect(nextUpdate.getTime() - thisUpdate.getTime()).toBe(3_600_000);
      }
      expect(dataTags).toEqual([0xa2, 0x18, 0x30, ...extensions.map(() => 0xa1)]);
    }
  });

  test('is signed by a key of the authority’s choice, for a week and for nothing else', async () => {
    const { signer } = await ask(ocspRequest([firstId()]));
    const days = (Date.parse(signer.validTo) - Date.parse(signer.validFrom)) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    expect(signer.ca).toBe(false);
    expect(signer.keyUsage).toEqual(['1.3.6.1.5.5.7.3.9']);
    expect(signer.raw.includes(hex('06092b0601050507300105 0402 0500'))).toBe(true);
    const [row] = await stage.server.database.query<{ action: string }>(
      `SELECT action FROM audit_entry WHERE action = 'ocsp-signer.certify' AND detail = $1`,
      [signer.serialNumber],
    );
    expect(row).toBeDefined();
    const itself = await ask(ocspRequest([certId(issuing, signer.serialNumber)]));
    expect(itself.answers).toMatchObject([{ status: 'good' }]);
  });

  test.each([1, 16, 32, 128])('repeats a nonce of %i octets', async (size) => {
    const nonce = randomBytes(size);
    const answer = await ask(ocspRequest([firstId()], [nonceExtension(nonce)]));
    expect(answer.nonce).toBe(nonce.toString('hex'));
  });

  test('without a nonce is given again as it is while it is true, and renewed at once when it is not', async () => {
    const one = await stage.holder();
    const request = ocspRequest([firstId(one)]);
    const bodies = [];
    for (let i = 0; i < 2; i++) bodies.push((await postOcsp(stage.ocspUrl, request)).body);
    expect(bodies[0]?.equals(bodies[1] ?? Buffer.alloc(0))).toBe(true);
    await stage.change('deactivateUser', one);
    const held = (await getOcsp(stage.ocspUrl, request)).body;
    expect(readAnswer(held, issuing).answers).toMatchObject([{ status: 'revoked', reason: 6 }]);
    await stage.change('lockUser', one);
    const revoked = (await getOcsp(stage.ocspUrl, request)).body;
    expect(readAnswer(revoked, issuing).answers).toMatchObject([{ status: 'revoked', reason: 9 }]);
  });
});

describe('the key that answers', () => {
  test('is renewed in good time, and the old one is good until then', async () => {
    const { database, app } = stage.server;
    const first = await ask(ocspRequest([firstId()]));
    await app.services.ocspSigners.renewDue();
    const count = async (): Promise<number> =>
      (await database.query('SELECT 1 FROM ocsp_signer')).length;
    const before = await count();
    await database.query(`UPDATE ocsp_signer SET not_after = now() + interval '3 days'`);
    await Promise.all([app.services.ocspSigners.renewDue(), app.services.ocspSigners.renewDue()]);
    const authorities = await database.query('SELECT DISTINCT authority_id FROM ocsp_signer');
    expect(await count()).toBe(before + authorities.length);
    const other = await startTestServer({ database, environment: { PKI_URL: stage.server.url } });
    const answer = await postOcsp(`${other.url}/pki/ocsp`, ocspRequest([firstId()]));
    await other.stop();
    const second = readAnswer(answer.body, issuing);
    expect(second.signer.serialNumber).not.toBe(first.signer.serialNumber);
    expect((await ask(ocspRequest([firstId()]))).answers).toMatchObject([{ status: 'good' }]);
  });

  test('of an authority that ends soon is made once, and lasts as long', async () => {
    const own = await PkiStage.set();
    const { authorityDirectory, ocspSigners, work } = own.server.app.services;
    const now = await work.now();
    const { serialNumber } = new X509Certificate(own.chain[0]);
    const request = await work.systemRequest('test', 'test');
    const listed = await authorityDirectory.list(work.read(request));
    const authority = listed.find((each) => each.serialNumber === serialNumber);
    if (authority === undefined) throw new Error('There is no such authority.');
    const notAfter = new Date(Math.floor(now.getTime() / 1000) * 1000 + 3_600_000);
    const ending = { ...authority, validity: { ...authority.validity, notAfter } };
    const first = await ocspSigners.of(ending, now);
    const second = await ocspSigners.of(ending, new Date(now.getTime() + 60_000));
    const rows = await own.server.database.query(
      'SELECT not_after AS end FROM ocsp_signer WHERE authority_id = $1',
      [authority.id],
    );
    await own.remove();
    expect(rows).toEqual([{ end: notAfter }]);
    expect(second.certificateDer.equals(first.certificateDer)).toBe(true);
  });

  test('stands in the database sealed', async () => {
    const [row] = await stage.server.database.query<{ sealed: Buffer }>(
      'SELECT sealed_key AS sealed FROM ocsp_signer LIMIT 1',
    );
    expect(row?.sealed.includes(hex('06072a8648ce3d0201'))).toBe(false);
  });
});

describe('towards the end of an authority', () => {
  test('one key answers until then, and no more are made', async () => {
    const { work, keys, audit, authorityDirectory } = stage.server.app.services;
    const authority = await authorityDirectory.byId(
      /([0-9a-f-]{36})\.crl$/.exec(stage.rootCrlUrl)?.[1] ?? '',
    );
    if (authority === undefined) throw new Error('There is no root.');
    const now = await work.now();
    const hour = Math.floor(now.getTime() / 1000) * 1000 + 3_600_000;
    const validity = { ...authority.validity, notAfter: new Date(hour) };
    const signers = new OcspSignerService(work, keys, audit, authorityDirectory);
    await stage.server.database.query('DELETE FROM ocsp_signer WHERE authority_id = $1', [
      authority.id,
    ]);
    for (const seconds of [0, 20, 40]) {
      await signers.of({ ...authority, validity }, new Date(now.getTime() + seconds * 1000));
    }
    const made = await stage.server.database.query(
      'SELECT 1 FROM ocsp_signer WHERE authority_id = $1',
      [authority.id],
    );
    expect(made).toHaveLength(1);
  });
});

describe('two instances', () => {
  test('come to know an authority that one of them has made, also where they are asked about nothing else', async () => {
    const own = await PkiStage.set();
    const { audit, authorityDirectory, keys, work } = own.server.app.services;
    const authorities = new AuthorityService(new AuthorityKeys(keys, null), audit);
    const other = new AuthorityDirectory(work, authorities);
    const request = await work.systemRequest('test', 'test');
    const [rootAuthority] = await authorityDirectory.list(work.read(request));
    if (rootAuthority === undefined) throw new Error('There is no root.');
    expect(await other.byId(rootAuthority.id)).toBeDefined();
    const settings = { keyAlgorithm: 'P-256', pkiUrl: own.server.url } as const;
    const id = await work.change(request, (scope) => authorities.rollOver(scope, settings));
    const known = await authorityDirectory.list(work.read(request));
    const serials = new Set(
      known.filter((each) => each.id === id).map((each) => each.serialNumber),
    );
    const found = await eventually(async () => {
      const [first] = await other.certifiedBy(rootAuthority, serials);
      return first;
    });
    await own.remove();
    expect(found.id).toBe(id);
  });

  test('answer with the same key, and what one revokes the other knows at once', async () => {
    const { database } = stage.server;
    const other = await startTestServer({ database, environment: { PKI_URL: stage.server.url } });
    const one = await stage.holder();
    const request = ocspRequest([firstId(one)]);
    const seen = [];
    for (const verb of [null, 'deactivateUser', 'activateUser', 'lockUser'] as const) {
      if (verb !== null) await stage.change(verb, one);
      const { body } = await getOcsp(`${other.url}/pki/ocsp`, request);
      seen.push(readAnswer(body, issuing).answers[0]?.status);
    }
    await other.stop();
    expect(seen).toEqual(['good', 'revoked', 'good', 'revoked']);
    const signers = await database.query(
      `SELECT authority_id FROM ocsp_signer WHERE not_after > now() + interval '4 days'
       GROUP BY authority_id HAVING count(*) > 1`,
    );
    expect(signers).toEqual([]);
  });
});

describe('by GET', () => {
  test('an answer says how long it may be kept (RFC 5019)', async () => {
    const { status, headers, body } = await getOcsp(stage.ocspUrl, ocspRequest([firstId()]));
    const { producedAt, answers } = readAnswer(body, issuing);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/ocsp-response',
      'content-length': String(body.length),
      'cache-control': 'max-age=60, public, no-transform, must-revalidate',
      'last-modified': producedAt.toUTCString(),
      expires: answers[0]?.nextUpdate.toUTCString(),
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
    });
    const again = await getOcsp(stage.ocspUrl, ocspRequest([firstId()]), {
      'if-none-match': String(headers['etag']),
    });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test('nobody is told by its time alone that an answer is still true: another may be of the same second', async () => {
    const request = ocspRequest([firstId()]);
    const { headers } = await getOcsp(stage.ocspUrl, request);
    const again = await getOcsp(stage.ocspUrl, request, {
      'if-modified-since': String(headers['last-modified']),
    });
    expect([again.status, statusCode(again.body)]).toEqual([200, 0]);
  });

  test('an answer for one request alone is kept nowhere', async () => {
    for (const request of [
      ocspRequest([firstId()], [nonceExtension(randomBytes(16))]),
      ocspRequest(idsOf(holder)),
      ocspRequest([certId(issuing, '02')]),
    ]) {
      const { headers, body } = await getOcsp(stage.ocspUrl, request);
      expect([statusCode(body), headers['cache-control'], headers['expires']]).toEqual([
        0,
        'no-store',
        undefined,
      ]);
    }
  });

  test('base64 may stand in the path as it is, slashes and plus signs too', async () => {
    let request: Buffer = Buffer.alloc(0);
    while (!/[/].*[+]|[+].*[/]/.test(request.toString('base64'))) {
      request = ocspRequest([certId(issuing, randomBytes(16).toString('hex'))]);
    }
    const path = `/pki/ocsp/${request.toString('base64')}`;
    expect(statusCode((await httpRequest(stage.server.url, { path })).body)).toBe(0);
  });

  test.each([
    ['no base64', '/pki/ocsp/!!!'],
    ['a broken escape', '/pki/ocsp/%E0%A4%A'],
    ['a path up the tree', '/pki/ocsp/../../etc/passwd'],
    ['something else in base64', `/pki/ocsp/${Buffer.from('hello').toString('base64')}`],
    ['a value cut short', '/pki/ocsp/MIIB'],
  ])('%s is a malformed request', async (_what, path) => {
    expect(refused(await httpRequest(stage.server.url, { path }))).toEqual([...REFUSED, MALFORMED]);
  });

  test('nothing at all is not found', async () => {
    for (const path of ['/pki/ocsp', '/pki/ocsp/', '/pki/', '/pki/../pki/x']) {
      expect((await httpRequest(stage.server.url, { path })).status).toBe(404);
    }
  });
});

describe('a malformed request', () => {
  /** The first certificate, asked for by SHA-1 that has these beside it. */
  const withParameters = (...parameters: Buffer[]): Buffer => {
    const [, ...rest] = parseDer(firstId()).items.map(({ encoded }) => encoded);
    return tlv(0x30, tlv(0x30, hex('06052b0e03021a'), ...parameters), ...rest);
  };
  const nonceOf = (...parts: Buffer[]): Buffer =>
    extension(hex('06092b0601050507300102'), ...(parts as [Buffer]));
  test.each<[string, () => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['no DER', () => Buffer.from('GET / HTTP/1.1')],
    ['bytes behind it', () => Buffer.concat([ocspRequest([firstId()]), Buffer.of(0)])],
    ['no question', () => ocspRequest([])],
    [
      '101 questions',
      () =>
        ocspRequest(Array.from({ length: 101 }, (_, i) => certId(issuing, (i + 16).toString(16)))),
    ],
    ['another version', () => ocspRequest([firstId()], [], [tlv(0xa0, tlv(0x02, Buffer.of(1)))])],
    ['an empty nonce', () => ocspRequest([firstId()], [nonceExtension(Buffer.alloc(0))])],
    ['a nonce of 129 octets', () => ocspRequest([firstId()], [nonceExtension(randomBytes(129))])],
    [
      'a nonce that is no OCTET STRING',
      () => ocspRequest([firstId()], [nonceOf(tlv(0x02, Buffer.of(1)))]),
    ],
    [
      'two nonces',
      () => ocspRequest([firstId()], [nonceExtension(Buffer.of(1)), nonceExtension(Buffer.of(2))]),
    ],
    [
      'an unknown critical extension',
      () => ocspRequest([firstId()], [extension(hex('06032a0304'), hex('0500'), hex('0101ff'))]),
    ],
    ['a hash with parameters', () => ocspRequest([withParameters(tlv(0x04, Buffer.alloc(9000)))])],
    ['a hash with two NULLs', () => ocspRequest([withParameters(hex('0500'), hex('0500'))])],
    ['a CertID with a part too many', () => ocspRequest([tlv(0x30, ...[firstId(), firstId()])])],
    [
      'nesting without end',
      () => Array.from({ length: 200 }).reduce<Buffer>((inner) => tlv(0x30, inner), tlv(0x05)),
    ],
    ['a length that lies', () => hex('3084ffffffff')],
  ])('%s is answered as such', async (_what, request) => {
    expect(refused(await postOcsp(stage.ocspUrl, request()))).toEqual([...REFUSED, MALFORMED]);
  });

  test('what may be passed over is: a version said, a requestor’s name, a signature, other extensions', async () => {
    const version = tlv(0xa0, tlv(0x02, Buffer.of(0)));
    const requestor = tlv(0xa1, tlv(0x86, Buffer.from('urn:x')));
    const request = ocspRequest(
      [firstId()],
      [extension(hex('06032a0304'), hex('0500'))],
      [version, requestor],
    );
    const signature = tlv(
      0xa0,
      tlv(0x30, hex('300a06082a8648ce3d040302'), tlv(0x03, Buffer.of(0, 1))),
    );
    const signed = tlv(0x30, request.subarray(headerSize(request)), signature);
    for (const each of [request, signed]) {
      expect((await ask(each)).answers).toMatchObject([{ status: 'good' }]);
    }
  });

  test('any octet of a request may be wrong: it is answered all the same', async () => {
    const request = ocspRequest([firstId()], [nonceExtension(randomBytes(8))]);
    const codes = new Set<number>();
    for (let i = 0; i < request.length; i++) {
      const bent = Buffer.from(request);
      bent[i] = (bent[i] ?? 0) ^ 0xff;
      const { status, body } = await postOcsp(stage.ocspUrl, bent);
      expect(status).toBe(200);
      codes.add(statusCode(body));
    }
    expect([...codes].sort()).toEqual([0, MALFORMED, UNAUTHORIZED]);
  });
});

describe('a request that is no OCSP request', () => {
  test.each([
    ['text/plain', 415],
    ['application/ocsp-response', 415],
    ['', 415],
  ])('of type %p is %i', async (type, status) => {
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
    expect((await postOcsp(stage.ocspUrl, ocspRequest([firstId()]), headers)).status).toBe(status);
  });

  test('compressed is 415', async () => {
    const headers = { 'content-type': 'application/ocsp-request', 'content-encoding': 'gzip' };
    expect((await postOcsp(stage.ocspUrl, randomBytes(100), headers)).status).toBe(415);
  });

  test('beyond 16 KB is 413, a nonce of a megabyte among them', async () => {
    const request = ocspRequest([firstId()], [nonceExtension(Buffer.alloc(1_000_000))]);
    const answer = await postOcsp(stage.ocspUrl, request).catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
  });

  test.each(['PUT', 'DELETE', 'PATCH'])('by %s is 404', async (method) => {
    expect((await httpRequest(stage.ocspUrl, { method })).status).toBe(404);
  });
});

describe('too much at once', () => {
  const withNonce = (): Buffer => ocspRequest([firstId()], [nonceExtension(randomBytes(16))]);

  test('of one address waits or is told to try later, and certificates are issued meanwhile', async () => {
    const lock = new Client({ connectionString: stage.server.database.url });
    await lock.connect();
    await lock.query('BEGIN; LOCK TABLE ocsp_signer IN ACCESS EXCLUSIVE MODE');
    const codes: number[] = [];
    const asked = Array.from({ length: 130 }, async () => {
      codes.push(statusCode((await postOcsp(stage.ocspUrl, withNonce())).body));
    });
    await eventually(() => Promise.resolve(codes.length >= 30 ? true : undefined));
    expect(new Set(codes)).toEqual(new Set([TRY_LATER]));
    const issued = await stage.holder();
    expect(issued.certificates).toHaveLength(3);
    await lock.query('COMMIT');
    await lock.end();
    await Promise.all(asked);
    expect(codes.filter((code) => code === 0)).toHaveLength(100);
    expect(codes.filter((code) => code === TRY_LATER)).toHaveLength(30);
  });

  test('and over, everybody is answered again', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(withNonce())));
    expect(new Set(answers.map(({ nonce }) => nonce)).size).toBe(60);
  });
});

// Last, as from then on another authority issues.
describe('after a roll-over, two instances', () => {
  test('answer for a new issuing authority, whichever of them has published its list', async () => {
    const { database } = stage.server;
    const other = await startTestServer({ database, environment: { PKI_URL: stage.server.url } });
    const responders = [stage.ocspUrl, `${other.url}/pki/ocsp`];
    const ofOld = ocspRequest([certId(root, new X509Certificate(issuing).serialNumber)]);
    for (const url of responders) await postOcsp(url, ofOld);
    const environment = { DATABASE_URL: database.serverUrl, MASTER_KEY: testRun().masterKey };
    expect(await runConsole('ca', environment, 'roll-over')).toMatchObject({ code: 0 });
    const [row] = await database.query<{ id: string; certificate: Buffer }>(
      `SELECT id, certificate FROM certificate_authority WHERE role = 'ISSUING' AND state = 'ACTIVE'`,
    );
    await eventually(async () => {
      const lists = await database.query('SELECT 1 FROM revocation_list WHERE authority_id = $1', [
        row?.id,
      ]);
      return lists.length === 1 ? true : undefined;
    });
    const { serialNumber } = new X509Certificate(row?.certificate ?? '');
    const request = ocspRequest([certId(root, serialNumber)]);
    for (const url of responders) {
      await eventually(async () => {
        const { answers } = readAnswer((await postOcsp(url, request)).body, root);
        return answers[0]?.status === 'good' ? true : undefined;
      });
    }
    await other.stop();
  });
});
