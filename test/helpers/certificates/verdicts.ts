import type { PkiStage } from './pki';
import { crlPem } from './pki';
import type { Said, Workbench } from './verifiers';

type Verdict = 'good' | 'revoked';
type Question = (file: string) => Promise<Verdict>;

/** What a program says of a certificate; anything else that it says is no verdict. */
function verdictOf({ text, isOk }: Said, signs: Readonly<Record<Verdict, RegExp>>): Verdict {
  if (signs.revoked.test(text)) return 'revoked';
  if (isOk && signs.good.test(text)) return 'good';
  throw new Error(`No verdict: ${text}`);
}

/** Puts what relying parties know into place: the root, which they trust, and the issuing authority's certificate. */
export async function equip(bench: Workbench, { chain }: PkiStage): Promise<void> {
  await bench.write('issuing.pem', chain[0]);
  await bench.write('root.pem', chain[1]);
  await bench.write('chain.pem', chain.join(''));
  for (const folder of ['nss', 'nss-lists']) {
    await bench.do('mkdir', folder);
    await bench.do('certutil', '-N', '-d', `sql:${folder}`, '--empty-password');
    for (const [name, trust] of [
      ['root', 'CT,C,C'],
      ['issuing', ',,'],
    ] as const) {
      const from = ['-t', trust, '-a', '-i', `${name}.pem`];
      await bench.do('certutil', '-A', '-d', `sql:${folder}`, '-n', name, ...from);
    }
  }
}

/** Fetches both lists, as OpenSSL and GnuTLS want them in files. */
export async function fetchLists(bench: Workbench, stage: PkiStage): Promise<void> {
  const issuing = crlPem(await stage.list());
  const root = crlPem(await stage.list(stage.rootCrlUrl));
  await bench.write('issuing.crl', issuing);
  await bench.write('root.crl', root);
  await bench.write('crls.pem', issuing + root);
}

/** OpenSSL: by OCSP in each way of asking, and by the lists. */
export function opensslQuestions(
  bench: Workbench,
  { ocspUrl }: PkiStage,
): Record<string, Question> {
  const parties = (file: string): string[] => ['-issuer', 'issuing.pem', '-cert', file];
  const trust = ['-CAfile', 'root.pem', '-verify_other', 'issuing.pem'];
  const ask = async (...args: readonly string[]): Promise<Verdict> => {
    const said = await bench.run('openssl', 'ocsp', ...args, ...trust);
    if (!said.text.includes('Response verify OK')) throw new Error(said.text);
    return verdictOf(said, { good: /: good\n/, revoked: /: revoked\n/ });
  };
  return {
    'openssl ocsp, nonce': (file) => ask('-url', ocspUrl, ...parties(file)),
    'openssl ocsp, no nonce': (file) => ask('-no_nonce', '-url', ocspUrl, ...parties(file)),
    'openssl ocsp, SHA-256': (file) => ask('-url', ocspUrl, '-sha256', ...parties(file)),
    'curl by GET': async (file) => {
      await bench.do('openssl', 'ocsp', '-no_nonce', ...parties(file), '-reqout', 'request.der');
      const request = encodeURIComponent((await bench.read('request.der')).toString('base64'));
      await bench.do('curl', '-sSf', '-o', 'response.der', `${ocspUrl}/${request}`);
      return ask('-no_nonce', '-respin', 'response.der', ...parties(file));
    },
    'openssl verify': async (file) => {
      const lists = ['-CRLfile', 'issuing.crl', '-CRLfile', 'root.crl'];
      const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
      return verdictOf(
        await bench.run(
          'openssl',
          'verify',
          '-x509_strict',
          '-crl_check_all',
          ...lists,
          ...chain,
          file,
        ),
        { good: /: OK\n/, revoked: /certificate revoked/ },
      );
    },
  };
}

/** GnuTLS: by OCSP, which it asks the address in the certificate for, and by the lists. */
export function gnutlsQuestions(bench: Workbench): Record<string, Question> {
  const issuer = ['--load-issuer', 'issuing.pem', '--load-trust', 'chain.pem'];
  const signs = { good: /Certificate Status: good/, revoked: /Certificate Status: revoked/ };
  const ask = async (file: string, ...more: readonly string[]): Promise<Verdict> => {
    const said = await bench.run('ocsptool', '--ask', ...more, ...issuer, '--load-cert', file);
    if (!said.text.includes('Verifying OCSP Response: Success.')) throw new Error(said.text);
    return verdictOf(said, signs);
  };
  return {
    ocsptool: (file) => ask(file),
    'ocsptool, nonce': (file) => ask(file, '--nonce'),
    'certtool --verify': async (file) => {
      const [leaf, issuing] = await Promise.all([bench.read(file), bench.read('issuing.pem')]);
      await bench.write('leaf-first.pem', Buffer.concat([leaf, issuing]));
      const trust = ['--load-ca-certificate', 'root.pem', '--load-crl', 'crls.pem'];
      return verdictOf(
        await bench.run('certtool', '--verify', ...trust, '--infile', 'leaf-first.pem'),
        {
          good: /Chain verification output: Verified\./,
          revoked: /Chain verification output: .*The certificate chain is revoked/,
        },
      );
    },
  };
}

/** NSS knows uses for signing in (SSL client, 0) and for mail (recipient, 5). It fetches what it needs by itself, and may go by nothing else. */
export function nssQuestions(bench: Workbench, usage: '0' | '5'): Record<string, Question> {
  const test = (type: 'leaf' | 'chain', method: 'ocsp' | 'crl'): string[] => [
    '-g',
    type,
    '-h',
    'requireFreshInfo',
    '-m',
    method,
    '-s',
    'failIfNoInfo',
  ];
  const ask = async (file: string, ...tests: readonly string[]): Promise<Verdict> =>
    verdictOf(
      await bench.run('vfychain', '-d', 'sql:nss', '-pp', '-u', usage, ...tests, '-a', file),
      { good: /Chain is good!/, revoked: /ERROR -8180: Peer's Certificate has been revoked/ },
    );
  return {
    'vfychain, OCSP': (file) => ask(file, ...test('leaf', 'ocsp')),
    'vfychain, CRL': (file) => ask(file, ...test('leaf', 'crl')),
    'vfychain, OCSP, and CRL of the root': (file) =>
      ask(file, ...test('leaf', 'ocsp'), ...test('chain', 'crl')),
  };
}

/**
 * What NSS makes of the list for a use that it does not know: it takes the list over if the signature is right. In a database of
 * its own, as NSS goes by the lists that it has.
 */
export function nssListQuestion(bench: Workbench, serialNumber: string): Record<string, Question> {
  const database = ['-d', 'sql:nss-lists'];
  return {
    crlutil: async () => {
      const der = ['-outform', 'DER', '-out', 'issuing.der'];
      await bench.do('openssl', 'crl', '-in', 'issuing.crl', ...der);
      await bench.run('crlutil', '-D', '-n', 'issuing', ...database);
      await bench.do('crlutil', '-I', '-t', '1', '-i', 'issuing.der', ...database);
      const listed = await bench.do('crlutil', '-L', '-n', 'issuing', ...database);
      const octets = serialNumber.toLowerCase().replace(/..(?=.)/g, '$&:');
      return listed.toLowerCase().replace(/\s/g, '').includes(octets) ? 'revoked' : 'good';
    },
  };
}
