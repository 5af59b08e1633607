import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { ClientCertificateChecker } from '../../src/features/authentication/client-certificates/client-certificate-checker';
import { bent } from '../helpers/certificates/bent-certificate';
import {
  AUTHORITY,
  ClientAuthority,
  LEAF,
  type Identity,
} from '../helpers/certificates/client-authority';
import { Openssl } from '../unit/certificates/openssl';

/** As many as count. */
const MOST = 4;

let openssl: Openssl;
let root: ClientAuthority;
let checker: ClientCertificateChecker;
let verify: jest.SpyInstance;
let now: Date;

beforeAll(() => {
  openssl = new Openssl();
  root = ClientAuthority.root(openssl, '/CN=Root');
  checker = checkerOf(root.identity);
  now = new Date(Date.parse(new X509Certificate(root.identity.pem).validFrom) + 3_600_000);
});
beforeEach(() => {
  verify = jest.spyOn(X509Certificate.prototype, 'verify');
});
afterEach(() => {
  verify.mockRestore();
});
afterAll(() => {
  openssl.remove();
});

function checkerOf(...anchors: readonly Identity[]): ClientCertificateChecker {
  return new ClientCertificateChecker(Buffer.from(anchors.map(({ pem }) => pem).join('')));
}

const shownOf = ({ der }: Identity, chain: readonly Identity[] = []) => ({
  der,
  intermediates: chain.map((each) => each.der),
});

/** The problem, or GOOD. */
function verdict(identity: Identity, chain: readonly Identity[] = [], by = checker): string {
  const checked = by.check(shownOf(identity, chain), now);
  return 'problem' in checked ? checked.problem : 'GOOD';
}

/** One below the other, the lowest last. */
function ladder(top: ClientAuthority, length: number): ClientAuthority[] {
  const made: ClientAuthority[] = [];
  for (let i = 0; i < length; i += 1)
    made.push((made.at(-1) ?? top).authority(`/CN=Step ${String(i)}`));
  return made;
}

function rung(steps: readonly ClientAuthority[], at: number): ClientAuthority {
  const step = steps[at];
  if (step === undefined) throw new Error(`no step ${String(at)}`);
  return step;
}

/** Without the issuer's key identifier, which would tell it from another of its name. */
const unnamed = (extensions: readonly string[]) => ({
  extensions: [...extensions, 'authorityKeyIdentifier=none'],
});

describe('looking for a path', () => {
  test('costs no verification where no authority has the name of any issuer', () => {
    const stranger = ClientAuthority.root(openssl, '/CN=Stranger');
    const leaf = stranger.issue('/CN=a');
    const each = [stranger.identity, stranger.again(), stranger.again(), stranger.again()];
    expect(verdict(leaf, each)).toBe('UNKNOWN_ISSUER');
    expect(verify).not.toHaveBeenCalled();
    expect(verdict(leaf, each, checkerOf(stranger.identity))).toBe('GOOD');
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test('verifies each intermediate once by each authority of its issuer’s name, whoever claims that', () => {
    const pretender = ClientAuthority.root(openssl, '/CN=Root');
    const chain = Array.from(
      { length: 2 * MOST },
      (_, i) => pretender.authority(`/CN=Middle ${String(i)}`, unnamed(AUTHORITY)).identity,
    );
    expect(verdict(pretender.issue('/CN=a', unnamed(LEAF)), chain)).toBe('UNKNOWN_ISSUER');
    expect(verify).toHaveBeenCalledTimes(MOST + 1);
  });

  test('does not go round where authorities below the root have issued each other', () => {
    const middle = root.authority('/CN=Middle');
    const chain = [middle.identity, middle.again(), middle.again(), middle.again()];
    const pretender = ClientAuthority.root(openssl, '/CN=Middle');
    expect(verdict(pretender.issue('/CN=a', unnamed(LEAF)), chain)).toBe('UNKNOWN_ISSUER');
    expect(verify.mock.calls.length).toBeLessThanOrEqual(1 + (MOST - 1) + MOST);
    expect(verdict(middle.issue('/CN=b'), chain)).toBe('GOOD');
  });

  test('finds it in any order, past what does not belong to it, and no longer than four', () => {
    const steps = ladder(root, MOST + 1);
    const shuffled = [2, 0, 3, 1].map((i) => rung(steps, i).identity);
    const leaf = rung(steps, 3).issue('/CN=a');
    expect(verdict(leaf, shuffled)).toBe('GOOD');
    expect(verify).toHaveBeenCalledTimes(MOST + 1);
    expect(verdict(leaf, shuffled.slice(1))).toBe('UNKNOWN_ISSUER');
    const lowest = rung(steps, 4);
    expect(verdict(lowest.issue('/CN=b'), [...shuffled, lowest.identity])).toBe('UNKNOWN_ISSUER');
    const stranger = ClientAuthority.root(openssl, '/CN=Stranger').identity;
    const some = [stranger, rung(steps, 1).identity, rung(steps, 0).identity];
    expect(verdict(rung(steps, 1).issue('/CN=c'), some)).toBe('GOOD');
  });

  test('takes the anchor that lets most stand below it, whichever comes first', () => {
    const [signing = ''] = AUTHORITY.slice(1);
    const narrow = root.again(['basicConstraints=critical,CA:TRUE,pathlen:0', signing]);
    const step = root.authority('/CN=Step');
    const leaf = step.issue('/CN=a');
    const chain = [step.identity];
    expect(verdict(leaf, chain, checkerOf(narrow))).toBe('UNKNOWN_ISSUER');
    expect(verdict(root.issue('/CN=b'), [], checkerOf(narrow))).toBe('GOOD');
    for (const anchors of [
      [narrow, root.identity],
      [root.identity, narrow],
    ]) {
      expect(verdict(leaf, chain, checkerOf(...anchors))).toBe('GOOD');
    }
  });

  test('is done once for what is shown once, however often it is asked', () => {
    const shown = shownOf(root.issue('/CN=a'));
    const first = checker.check(shown, now);
    expect(first).toHaveProperty('trusted');
    for (let i = 0; i < 20; i += 1) expect(checker.check(shown, now)).toEqual(first);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(checker.check({ ...shown }, now)).toEqual(first);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test('is done anew when time has gone on', () => {
    const shown = shownOf(root.issue('/CN=a', { days: 5 }));
    expect(checker.check(shown, now)).toHaveProperty('trusted');
    const later = new Date(now.getTime() + 6 * 86_400_000);
    expect(checker.check(shown, later)).toEqual({ problem: 'OUT_OF_TIME' });
  });
});

test('a certificate of more than eight kibibytes is not read, wherever it stands', () => {
  const padded = (extensions: readonly string[], length: number) => ({
    extensions: [...extensions, `nsComment=${'x'.repeat(length)}`],
  });
  for (const [length, leafs, belows] of [
    [7000, 'GOOD', 'GOOD'],
    [8192, 'UNREADABLE', 'UNKNOWN_ISSUER'],
  ] as const) {
    const middle = root.authority('/CN=Middle', padded(AUTHORITY, length));
    expect(verdict(root.issue('/CN=a', padded(LEAF, length)))).toBe(leafs);
    expect(verdict(middle.issue('/CN=b'), [middle.identity])).toBe(belows);
  }
});

test('the other signature of the same certificate makes no other certificate', () => {
  const identity = root.issue('/CN=a');
  const other = bent(identity);
  expect(other.fingerprint).not.toBe(identity.fingerprint);
  const hashOf = (of: Identity) => {
    const checked = checker.check(shownOf(of), now);
    return 'trusted' in checked ? checked.trusted.toBeSignedHash.toString('hex') : checked.problem;
  };
  expect(hashOf(other)).toMatch(/^[0-9a-f]{64}$/);
  expect(hashOf(other)).toBe(hashOf(identity));
  expect(hashOf(root.issue('/CN=a'))).not.toBe(hashOf(identity));
});

describe('keys', () => {
  const curve = (name: string) => ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${name}`];
  const pss = ['-newkey', 'rsa-pss', '-pkeyopt'];

  test.each<[string, readonly string[], 'GOOD' | 'WEAK']>([
    ['RSA of 2048 bits', ['-newkey', 'rsa:2048'], 'GOOD'],
    ['RSA of 1024 bits', ['-newkey', 'rsa:1024'], 'WEAK'],
    ['RSA-PSS of 2048 bits', [...pss, 'rsa_keygen_bits:2048'], 'GOOD'],
    ['RSA-PSS of 1024 bits', [...pss, 'rsa_keygen_bits:1024'], 'WEAK'],
    ['P-256', curve('P-256'), 'GOOD'],
    ['P-384', curve('P-384'), 'GOOD'],
    ['P-521', curve('P-521'), 'GOOD'],
    ['P-224', curve('P-224'), 'WEAK'],
    ['secp256k1', curve('secp256k1'), 'WEAK'],
    ['secp112r1', curve('secp112r1'), 'WEAK'],
    ['Ed25519', ['-newkey', 'ed25519'], 'GOOD'],
    ['Ed448', ['-newkey', 'ed448'], 'GOOD'],
  ])('%s: as leaf and between %s', (_, newKey, expected) => {
    expect(verdict(root.issue('/CN=a', { newKey }))).toBe(expected);
    const middle = root.authority('/CN=Middle', { newKey });
    const below = middle.issue('/CN=b');
    expect(verdict(below, [middle.identity])).toBe(expected === 'GOOD' ? 'GOOD' : 'UNKNOWN_ISSUER');
    const anchored = checkerOf(middle.identity);
    expect(verdict(below, [], anchored)).toBe('GOOD'); // the operator has chosen it
  });

  test('RSA of more than 8192 bits is WEAK: it only costs', () => {
    for (const [octets, expected] of [
      [1024, 'GOOD'],
      [1025, 'WEAK'],
    ] as const) {
      const modulus = randomBytes(octets);
      modulus.writeUInt8(0x80, 0);
      modulus.writeUInt8(1, octets - 1);
      const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
      expect(verdict(root.issue('/CN=a', { publicKey }))).toBe(expected);
    }
  });
});
