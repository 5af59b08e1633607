import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { lintCertificate, lintCrl, lintOcspResponse } from '../helpers/lint/lint';
import {
  certId,
  nonceExtension,
  ocspRequest,
  postOcsp,
  readAnswer,
} from '../helpers/certificates/ocsp';
import { fetched, PkiStage, type Holder } from '../helpers/certificates/pki';

/** As people are called, or as attackers would like to be. */
const NAMES = [
  'Alva Lind',
  'CN=Eva,O=Bank+OU=x',
  '"Eva" <eva@example.org>; \\ #c',
  'E\u0301lodie 李小龍 👩‍👩‍👧',
  'x '.repeat(49) + 'x',
];
const ADDRESSES = [
  'n@example.org',
  'n@exämple.org',
  'älva@exämple.org',
  null,
  'o.neil@example.org',
];

const PHASES = [
  ['issued', 'good', null],
  ['on hold', 'revoked', 'deactivateUser'],
  ['released', 'good', 'activateUser'],
  ['revoked', 'revoked', 'lockUser'],
] as const;

describe.each(['RSA-2048', 'RSA-3072', 'P-256', 'P-384'] as const)(
  'a server with an authority of %s',
  (algorithm) => {
    let stage: PkiStage;
    let issuing: string;
    let issuer: Buffer;
    let root: Buffer;
    let holders: Holder[];
    beforeAll(async () => {
      stage = await PkiStage.set(algorithm);
      [issuing] = stage.chain;
      issuer = new X509Certificate(issuing).raw;
      root = new X509Certificate(stage.chain[1]).raw;
      holders = [];
      for (const [i, displayName] of NAMES.entries()) {
        holders.push(await stage.holder({ displayName, email: ADDRESSES[i] ?? null }));
      }
    });
    afterAll(() => stage.remove());

    const serials = (): string[] =>
      holders.flatMap(({ certificates }) => certificates.map(({ serialNumber }) => serialNumber));

    /** Lints the answer, and says what it says. */
    async function statusesOf(
      numbers: readonly string[],
      nonce: Buffer | null,
      by = { pem: issuing, der: issuer },
    ): Promise<string[]> {
      const ids = numbers.map((serial) => certId(by.pem, serial));
      const extensions = nonce === null ? [] : [nonceExtension(nonce)];
      const { body } = await postOcsp(stage.ocspUrl, ocspRequest(ids, extensions));
      expect(lintOcspResponse(body, by.der, { nonce })).toEqual([]);
      return readAnswer(body, by.pem).answers.map(({ status }) => status);
    }

    test('hands out certificates of authorities that keep all rules', async () => {
      for (const [url, own, above] of [
        [stage.crlUrl, issuer, root],
        [stage.rootCrlUrl, root, root],
      ] as const) {
        const der = await fetched(url.replace(/crl$/, 'cer'));
        expect(der.equals(own)).toBe(true);
        expect(lintCertificate(der, above)).toEqual([]);
      }
    });

    test('issues certificates of every kind that keep all rules, whatever their holder is called', () => {
      const made = holders.flatMap(({ certificates }) => certificates);
      expect(made).toHaveLength(3 * NAMES.length);
      for (const { pem } of made) {
        expect(lintCertificate(new X509Certificate(pem).raw, issuer)).toEqual([]);
      }
    });

    test.each(PHASES)(
      'publishes lists and gives answers that keep all rules: %s',
      async (_phase, status, verb) => {
        for (const holder of holders) if (verb !== null) await stage.change(verb, holder);
        expect(lintCrl(await stage.list(), issuer)).toEqual([]);
        expect(lintCrl(await fetched(stage.rootCrlUrl), root)).toEqual([]);
        const expected = serials().map(() => status);
        for (const nonce of [null, randomBytes(1), randomBytes(32), randomBytes(128)]) {
          expect(await statusesOf(serials(), nonce)).toEqual(expected);
        }
        for (const serial of serials()) expect(await statusesOf([serial], null)).toEqual([status]);
      },
    );

    test('answers by the same rules for what it never issued, and for the issuing authority', async () => {
      const unknown = randomUUID().replaceAll('-', '');
      expect(await statusesOf([unknown], null)).toEqual(['unknown']);
      expect(await statusesOf([unknown, ...serials()], null)).toHaveLength(serials().length + 1);
      const { serialNumber } = new X509Certificate(issuer);
      const above = { pem: stage.chain[1], der: root };
      expect(await statusesOf([serialNumber], null, above)).toEqual(['good']);
    });
  },
);
