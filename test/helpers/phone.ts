import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { CertificateKind, DeviceTask } from '../../src/phone/contract';
import {
  buildRequest,
  challengeAttribute,
  ecKey,
  pemOfRequest,
  tlv,
  type RequestPlan,
} from '../unit/certificates/request-builder';
import type { GraphqlAnswer } from './graphql';
import type { TestServer } from './server';

export interface RequestInput {
  readonly kind: CertificateKind;
  readonly csr: string;
}
/** What a proof says otherwise than an honest phone would. */
export interface ProofChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs instead of the phone's own key. */
  readonly signer?: KeyObject;
}

const CLAIM = `mutation ($input: ClaimEnrolmentInput!) { claimEnrolment(input: $input) {
  enrolmentId deviceToken challenge confirmationCode expiresAt serverName profileName accountName
  keyRequests { kind origin algorithms } } }`;
const ACTIVATE = `mutation ($input: ActivateEnrolmentInput!) { activateEnrolment(input: $input) {
  chain encryptionKeys { jwe } profile { id name accountName serverName state validFrom validTo
    certificates { id kind status serialNumber subject notBefore notAfter pem } } } }`;

/** A phone that sends what it is told to, right or wrong, so that the server's checks are seen and not the phone's. */
export class HonestOrNotPhone {
  readonly key: KeyObject = ecKey();
  readonly device = { name: 'Phone under test', platform: 'Jest', model: 'T-1' };

  constructor(private readonly server: Pick<TestServer, 'graphql' | 'url'>) {}

  get jwk(): Record<string, unknown> {
    return { ...createPublicKey(this.key).export({ format: 'jwk' }) };
  }

  proof(code: string, { header, claims, signer }: ProofChanges = {}): string {
    const signed = [
      { alg: 'ES256', typ: 'claim+jwt', jwk: this.jwk, ...header },
      {
        aud: this.server.url,
        iat: Math.floor(Date.now() / 1000),
        cth: createHash('sha256').update(code).digest('base64url'),
        ...claims,
      },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = signer ?? this.key;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  tryClaim(
    code: string,
    proof: string = this.proof(code),
    device: Readonly<Record<string, unknown>> = this.device,
  ): Promise<GraphqlAnswer<any>> {
    return this.server.graphql(CLAIM, { input: { code, device, proof } });
  }

  /** @throws Error where it is refused */
  async claim(code: string): Promise<DeviceTask> {
    const { data, errors } = await this.tryClaim(code);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data.claimEnrolment as DeviceTask;
  }

  tryActivate(
    { deviceToken }: Pick<DeviceTask, 'deviceToken'>,
    requests: readonly RequestInput[],
  ): Promise<GraphqlAnswer<any>> {
    return this.server.graphql(ACTIVATE, { input: { deviceToken, requests } });
  }

  /** One request for each key that the task asks for. */
  requestsFor({ keyRequests, challenge }: DeviceTask): RequestInput[] {
    return keyRequests.map(({ kind }) => requestFor(kind, challenge));
  }

  /** Claims, makes keys, activates. @throws Error where it is refused */
  async enrol(code: string): Promise<{ task: DeviceTask; requests: RequestInput[]; profile: any }> {
    const task = await this.claim(code);
    const requests = this.requestsFor(task);
    const { data, errors } = await this.tryActivate(task, requests);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return { task, requests, profile: data.activateEnrolment.profile };
  }
}

/** A request with a P-256 key of its own, unless the plan says otherwise. */
export function requestFor(
  kind: CertificateKind,
  challenge: string,
  plan: Partial<RequestPlan> = {},
): RequestInput {
  const attributes = [challengeAttribute(tlv(0x0c, challenge))];
  const der = buildRequest({ privateKey: ecKey(), attributes, ...plan });
  return { kind, csr: pemOfRequest(der) };
}
