import { X509Certificate } from 'node:crypto';
import type { Openssl } from '../../unit/certificates/openssl';
import { noteSecret } from '../run';

/** A certificate with the key to it, in PEM. */
export interface Identity {
  readonly pem: string;
  readonly keyPem: string;
  readonly der: Buffer;
  readonly fingerprint: string;
}

export interface CertificatePlan {
  /** OpenSSL's own words, such as `extendedKeyUsage=clientAuth`. */
  readonly extensions?: readonly string[];
  /** Negative: has run out. */
  readonly days?: number;
  readonly subject?: string;
  readonly digest?: string;
  readonly newKey?: readonly string[];
  /** Certified instead of the new key, which is then of no use; PEM. */
  readonly publicKey?: string;
  /** Hexadecimal. */
  readonly serial?: string;
}

const P_256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const LEAF = [
  'basicConstraints=CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=clientAuth',
];
export const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];

/** An authority of client certificates, made with the real openssl. */
export class ClientAuthority {
  private static made = 0;

  private constructor(
    private readonly openssl: Openssl,
    private readonly file: string,
    readonly identity: Identity,
  ) {}

  static root(openssl: Openssl, subject: string, plan: CertificatePlan = {}): ClientAuthority {
    const file = ClientAuthority.newFile();
    openssl.print(
      ...['req', '-x509', '-nodes', '-keyout', `${file}.key`, '-out', `${file}.pem`],
      ...(plan.newKey ?? P_256),
      ...['-subj', subject, '-days', String(plan.days ?? 10)],
      ...(plan.extensions ?? AUTHORITY).flatMap((each) => ['-addext', each]),
    );
    return new ClientAuthority(openssl, file, identityIn(openssl, file));
  }

  /** An intermediate authority below this one. */
  authority(subject: string, plan: CertificatePlan = {}): ClientAuthority {
    const file = this.sign({ extensions: AUTHORITY, subject, ...plan });
    return new ClientAuthority(this.openssl, file, identityIn(this.openssl, file));
  }

  /** Another certificate of this authority's own name and key, signed with that key. */
  again(extensions: readonly string[] = AUTHORITY): Identity {
    const file = ClientAuthority.newFile();
    const subject = this.openssl.print('x509', '-in', `${this.file}.pem`, '-noout', '-subject');
    this.openssl.print(
      ...['req', '-x509', '-key', `${this.file}.key`, '-out', `${file}.pem`, '-days', '10'],
      ...['-subj', `/CN=${subject.trim().replace(/^.*CN = /, '')}`],
      ...extensions.flatMap((each) => ['-addext', each]),
    );
    this.openssl.write(`${file}.key`, this.identity.keyPem);
    return identityIn(this.openssl, file);
  }

  issue(subject: string, plan: CertificatePlan = {}): Identity {
    return identityIn(this.openssl, this.sign({ subject, ...plan }));
  }

  private sign({ extensions = LEAF, days = 10, subject = '', digest, ...more }: CertificatePlan) {
    const { newKey, publicKey, serial } = more;
    const file = ClientAuthority.newFile();
    this.openssl.write(`${file}.ext`, extensions.join('\n'));
    if (publicKey !== undefined) this.openssl.write(`${file}.pub`, publicKey);
    this.openssl.print(
      ...['req', '-utf8', '-nodes', '-keyout', `${file}.key`, '-out', `${file}.csr`],
      ...(newKey ?? P_256),
      ...['-subj', subject],
    );
    this.openssl.print(
      ...['x509', '-req', '-in', `${file}.csr`, '-out', `${file}.pem`, '-days', String(days)],
      ...['-CA', `${this.file}.pem`, '-CAkey', `${this.file}.key`, '-extfile', `${file}.ext`],
      ...(digest === undefined ? [] : [`-${digest}`]),
      ...(publicKey === undefined ? [] : ['-force_pubkey', `${file}.pub`]),
      ...(serial === undefined ? [] : ['-set_serial', `0x${serial}`]),
    );
    return file;
  }

  private static newFile(): string {
    ClientAuthority.made += 1;
    return `c${String(ClientAuthority.made)}`;
  }
}

function identityIn(openssl: Openssl, file: string): Identity {
  const keyPem = openssl.print('pkey', '-in', `${file}.key`);
  for (const line of keyPem.trim().split('\n').slice(1, -1)) noteSecret(line);
  const pem = openssl.print('x509', '-in', `${file}.pem`);
  const { raw, fingerprint256 } = new X509Certificate(pem);
  return { pem, keyPem, der: raw, fingerprint: fingerprint256 };
}
