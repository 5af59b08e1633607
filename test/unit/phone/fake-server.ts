import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type {
  ActivateEnrolmentInput,
  ClaimEnrolmentInput,
  DeviceTask,
  EnrolmentStatus,
  IssuedCertificate,
  ActivatedMobileId,
  WrappedKey,
  StatusEvent,
} from '../../../src/phone/contract.js';
import {
  generateKeyPair,
  type KeyAlgorithm,
  type KeyPair,
} from '../../../src/phone/keys/key-algorithm.js';
import type { ServerError } from '../../../src/phone/problem.js';
import type { ServerApi } from '../../../src/phone/server-api.js';

const SIGNATURES: Readonly<Record<KeyAlgorithm, { name: string; hash: string }>> = {
  'P-256': { name: 'ECDSA', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', hash: 'SHA-384' },
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'RSA-3072': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'RSA-4096': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
};
const VALID_FROM = new Date('2026-01-01T00:00:00Z');
const VALID_TO = new Date('2030-01-01T00:00:00Z');

/** A root and an issuing CA, built by an independent library. */
export interface FakeAuthority {
  readonly chain: readonly string[];
  certify(csr: string): Promise<string>;
}

export async function fakeAuthority(algorithm: KeyAlgorithm = 'P-256'): Promise<FakeAuthority> {
  const [rootKeys, issuerKeys] = [
    await generateKeyPair(algorithm),
    await generateKeyPair(algorithm),
  ];
  const signingAlgorithm = SIGNATURES[algorithm];
  const build = (
    subject: string,
    publicKey: KeyPair['publicKey'] | Pkcs10CertificateRequest['publicKey'],
    issuer: string,
    signer: KeyPair,
  ): Promise<X509Certificate> =>
    X509CertificateGenerator.create({
      subject,
      issuer,
      publicKey,
      signingKey: signer.privateKey,
      signingAlgorithm,
      notBefore: VALID_FROM,
      notAfter: VALID_TO,
      extensions: [new BasicConstraintsExtension(subject !== 'CN=phone', undefined, true)],
    });
  const root = await build('CN=root', rootKeys.publicKey, 'CN=root', rootKeys);
  const issuer = await build('CN=issuer', issuerKeys.publicKey, 'CN=root', rootKeys);
  return {
    chain: [issuer.toString('pem'), root.toString('pem')],
    certify: async (csr) => {
      const { publicKey } = new Pkcs10CertificateRequest(csr);
      return (await build('CN=phone', publicKey, 'CN=issuer', issuerKeys)).toString('pem');
    },
  };
}

export const TASK: DeviceTask = {
  enrolmentId: 'enrolment-1',
  deviceToken: 'device-token-1',
  challenge: 'Y2hhbGxlbmdlLW9mLXRoZS10ZXN0_-',
  keyRequests: [
    { kind: 'AUTHENTICATION', origin: 'DEVICE', algorithms: ['P-256', 'RSA-2048'] },
    { kind: 'SIGNATURE', origin: 'DEVICE', algorithms: ['P-256', 'RSA-2048'] },
  ],
  needsWrappingKey: false,
  bringsEarlierKeys: false,
  serverName: 'Example server',
  profileName: 'Example mobile ID',
  accountName: 'Ålva Berg',
  confirmationCode: null,
  expiresAt: '2026-02-01T00:00:00.000Z',
};

/** Answers as a server would, and remembers what it was asked. */
export class FakeServer implements ServerApi {
  readonly claims: ClaimEnrolmentInput[] = [];
  readonly activations: ActivateEnrolmentInput[] = [];
  readonly cancelled: string[] = [];
  task = TASK;
  /** Thrown instead of an answer, one per call, in order. */
  claimFailures: ServerError[] = [];
  /** Like `claimFailures`; the call has taken effect nevertheless. */
  activationFailures: ServerError[] = [];
  cancelFailures: ServerError[] = [];
  statuses: EnrolmentStatus[] = [];
  failure: StatusEvent['enrolment']['failure'] = null;
  forge: (answer: ActivatedMobileId) => ActivatedMobileId = (answer) => answer;
  /** Keys that come from the server. */
  wrap: ((input: ActivateEnrolmentInput) => Promise<WrappedKey[]>) | undefined;
  readonly acknowledged: string[] = [];

  constructor(private readonly authority: FakeAuthority) {}

  claimEnrolment(input: ClaimEnrolmentInput): Promise<DeviceTask> {
    this.claims.push(input);
    return answerOr(this.claimFailures, this.task);
  }

  async activateEnrolment(input: ActivateEnrolmentInput): Promise<ActivatedMobileId> {
    this.activations.push(input);
    const certificates = await Promise.all(input.requests.map((request) => this.issue(request)));
    const answer: ActivatedMobileId = {
      profile: {
        id: 'profile-1',
        name: this.task.profileName,
        accountName: this.task.accountName ?? 'assigned',
        serverName: this.task.serverName,
        state: 'ACTIVE',
        validFrom: VALID_FROM.toISOString(),
        validTo: VALID_TO.toISOString(),
        certificates,
      },
      chain: this.authority.chain,
      encryptionKeys: this.wrap === undefined ? [] : await this.wrap(input),
    };
    return answerOr(this.activationFailures, this.forge(answer));
  }

  acknowledgeActivation(task: DeviceTask): Promise<void> {
    this.acknowledged.push(task.enrolmentId);
    return Promise.resolve();
  }

  cancelEnrolment(task: DeviceTask): Promise<void> {
    this.cancelled.push(task.enrolmentId);
    return answerOr(this.cancelFailures, undefined);
  }

  async *watchEnrolment(): AsyncGenerator<StatusEvent> {
    for (const status of this.statuses) {
      yield await Promise.resolve({ status, enrolment: { failure: this.failure } });
    }
  }

  private async issue({
    kind,
    csr,
  }: ActivateEnrolmentInput['requests'][number]): Promise<IssuedCertificate> {
    return {
      id: `certificate-${kind}`,
      kind,
      status: 'VALID',
      serialNumber: '01',
      subject: 'CN=phone',
      issuer: 'CN=issuer',
      notBefore: VALID_FROM.toISOString(),
      notAfter: VALID_TO.toISOString(),
      pem: await this.authority.certify(csr),
      fingerprint: 'AB:CD',
    };
  }
}

function answerOr<T>(failures: ServerError[], answer: T): Promise<T> {
  const failure = failures.shift();
  return failure === undefined ? Promise.resolve(answer) : Promise.reject(failure);
}
