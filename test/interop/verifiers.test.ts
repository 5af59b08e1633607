import { PkiStage, type Holder, type IssuedTo } from '../helpers/certificates/pki';
import {
  equip,
  fetchLists,
  gnutlsQuestions,
  nssListQuestion,
  nssQuestions,
  opensslQuestions,
} from '../helpers/certificates/verdicts';
import { Workbench } from '../helpers/certificates/verifiers';

const PHASES = [
  ['issued', 'good', null],
  ['on hold', 'revoked', 'deactivateUser'],
  ['released', 'good', 'activateUser'],
  ['revoked', 'revoked', 'lockUser'],
] as const;

function questions(bench: Workbench, stage: PkiStage, { kind, serialNumber }: IssuedTo) {
  return {
    ...opensslQuestions(bench, stage),
    ...gnutlsQuestions(bench),
    // No usage of NSS fits a key that signs documents and nothing else.
    ...(kind === 'SIGNATURE'
      ? nssListQuestion(bench, serialNumber)
      : nssQuestions(bench, kind === 'AUTHENTICATION' ? '0' : '5')),
  };
}

describe.each(['RSA-2048', 'P-256', 'P-384'] as const)('with an authority of %s', (algorithm) => {
  let stage: PkiStage;
  let bench: Workbench;
  let holder: Holder;
  let neighbour: Holder;
  beforeAll(async () => {
    stage = await PkiStage.set(algorithm);
    bench = await Workbench.open();
    await equip(bench, stage);
    holder = await stage.holder();
    neighbour = await stage.holder();
  });
  afterAll(async () => {
    await bench.close();
    await stage.remove();
  });

  test.each(PHASES)(
    'OpenSSL, GnuTLS and NSS agree on every kind of certificate: %s',
    async (_phase, expected, verb) => {
      if (verb !== null) await stage.change(verb, holder);
      await fetchLists(bench, stage);
      for (const certificate of holder.certificates) {
        const file = `${certificate.kind}.pem`;
        await bench.write(file, certificate.pem);
        for (const [name, ask] of Object.entries(questions(bench, stage, certificate))) {
          expect([certificate.kind, name, await ask(file)]).toEqual([
            certificate.kind,
            name,
            expected,
          ]);
        }
      }
    },
    120_000,
  );

  test('somebody else’s certificates stay good', async () => {
    await fetchLists(bench, stage);
    for (const certificate of neighbour.certificates) {
      await bench.write('neighbour.pem', certificate.pem);
      for (const ask of Object.values(questions(bench, stage, certificate))) {
        expect(await ask('neighbour.pem')).toBe('good');
      }
    }
  }, 120_000);

  test('the lists of both authorities are sound to GnuTLS', async () => {
    await fetchLists(bench, stage);
    for (const name of ['issuing', 'root']) {
      const files = ['--load-ca-certificate', `${name}.pem`, '--infile', `${name}.crl`];
      const said = await bench.do('certtool', '--verify-crl', ...files);
      expect(said).toContain('Verification output: Verified. The certificate is trusted.');
    }
  });

  test('the root answers for the certificate of the issuing authority', async () => {
    const said = await bench.do(
      ...(['openssl', 'ocsp', '-issuer', 'root.pem', '-cert', 'issuing.pem'] as const),
      ...['-url', stage.ocspUrl, '-CAfile', 'root.pem'],
    );
    expect(said).toMatch(/Response verify OK[^]*issuing\.pem: good/);
  });
});
