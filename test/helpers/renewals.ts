import { createHash, randomUUID, type KeyObject } from 'node:crypto';
import type { CertificateKind } from '../../src/phone/contract';
import { signedJwt } from './api-clients';
import { order } from './cast';
import type { GraphqlAnswer } from './graphql';
import { HonestOrNotPhone, requestFor, type RequestInput } from './phone';
import { ecKey } from '../unit/certificates/request-builder';
import { noteSecret } from './run';
import type { TestServer } from './server';

type Server = Pick<TestServer, 'graphql' | 'url' | 'database'>;

/** What a proof says otherwise than an honest phone's would. */
export interface RenewalChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly innerHeader?: Readonly<Record<string, unknown>>;
  readonly innerClaims?: Readonly<Record<string, unknown>>;
  /** Signs instead of the mobile ID's key. */
  readonly key?: KeyObject;
  /** Calls instead of its phone. */
  readonly phone?: HonestOrNotPhone;
}

interface OwnCertificate {
  readonly id: string;
  readonly kind: CertificateKind;
  readonly status: string;
  readonly pem: string;
}

const RENEW = `mutation ($input: RenewMobileIdInput!) { renewMobileId(input: $input) { chain encryptionKeys { jwe }
  profile { id state validTo renewableFrom certificates { id kind status pem } } } }`;

/** A phone with a mobile ID whose keys the test holds, so that it can sign anything. */
export class RenewingPhone {
  private constructor(
    private readonly server: Server,
    readonly phone: HonestOrNotPhone,
    readonly profileId: string,
    private readonly present: {
      readonly keys: ReadonlyMap<CertificateKind, KeyObject>;
      readonly certificates: readonly OwnCertificate[];
    },
  ) {}

  get keys(): ReadonlyMap<CertificateKind, KeyObject> {
    return this.present.keys;
  }

  static async enrol(
    server: TestServer,
    token: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<RenewingPhone> {
    return RenewingPhone.enrolBy(server, (await order(server, token, input)).code);
  }

  /** By a code of whichever kind. */
  static async enrolBy(server: Server, code: string): Promise<RenewingPhone> {
    const phone = new HonestOrNotPhone(server);
    const task = await phone.claim(code);
    const keys = new Map(task.keyRequests.map(({ kind }) => [kind, ecKey()]));
    const requests = requestsWith(keys, task.challenge);
    const { data, errors } = await phone.tryActivate(task, requests);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    const { id, certificates } = data.activateEnrolment.profile;
    return new RenewingPhone(server, phone, id as string, { keys, certificates });
  }

  /** The same phone once it has the new keys. */
  renewed(
    keys: ReadonlyMap<CertificateKind, KeyObject>,
    answer: GraphqlAnswer<any>,
  ): RenewingPhone {
    const before = new Set(this.present.certificates.map(({ id }) => id));
    const all = answer.data.renewMobileId.profile.certificates as OwnCertificate[];
    const fresh = all.filter(({ id, status }) => status === 'VALID' && !before.has(id));
    const { phone, profileId, server } = this;
    return new RenewingPhone(server, phone, profileId, { keys, certificates: fresh });
  }

  proof(
    requests?: readonly RequestInput[],
    changes: RenewalChanges = {},
    by: CertificateKind = 'AUTHENTICATION',
  ): string {
    const { phone = this.phone, key = this.keys.get(by) ?? phone.key } = changes;
    const target = { aud: this.server.url, iat: Math.floor(Date.now() / 1000) };
    const rqh = requests && {
      rqh: createHash('sha256')
        .update(requests.map(({ kind, csr }) => `${kind}\n${csr}`).join(''))
        .digest('base64url'),
    };
    const inner = signedJwt(
      {
        alg: 'ES256',
        typ: 'renewal-key+jwt',
        'x5t#S256': this.thumbprint(by),
        ...changes.innerHeader,
      },
      { ...target, ...rqh, ...changes.innerClaims },
      key,
    );
    return signedJwt(
      { alg: 'ES256', typ: 'renewal+jwt', jwk: phone.jwk, ...changes.header },
      { ...target, sub: this.profileId, key: inner, ...changes.claims },
      phone.key,
    );
  }

  look(proof: string = this.proof()): Promise<GraphqlAnswer<any>> {
    return this.server.graphql(
      `query ($proof: String!) { mobileIdRenewal(proof: $proof) {
         profileId challenge keyRequests { kind origin algorithms } serverName profileName accountName renewableFrom endsAt } }`,
      { proof },
    );
  }

  /** New keys, and the requests for them. */
  async make(): Promise<{ keys: Map<CertificateKind, KeyObject>; requests: RequestInput[] }> {
    const { data, errors } = await this.look();
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    const { challenge, keyRequests } = data.mobileIdRenewal;
    noteSecret(challenge as string);
    const kinds = (keyRequests as { kind: CertificateKind }[]).map(({ kind }) => kind);
    const keys = new Map(kinds.map((kind) => [kind, ecKey()]));
    return { keys, requests: requestsWith(keys, challenge as string) };
  }

  tryRenew(
    requests: readonly RequestInput[],
    proof: string = this.proof(requests),
  ): Promise<GraphqlAnswer<any>> {
    return this.server.graphql(RENEW, { input: { proof, requests } });
  }

  tryAcknowledge(proof: string = this.proof()): Promise<GraphqlAnswer<any>> {
    return this.server.graphql('mutation ($proof: String!) { acknowledgeRenewal(proof: $proof) }', {
      proof,
    });
  }

  private thumbprint(kind: CertificateKind): string {
    const pem = this.present.certificates.find((each) => each.kind === kind)?.pem ?? '';
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    return createHash('sha256').update(der).digest('base64url');
  }
}

function requestsWith(
  keys: ReadonlyMap<CertificateKind, KeyObject>,
  challenge: string,
): RequestInput[] {
  return [...keys].map(([kind, privateKey]) => requestFor(kind, challenge, { privateKey }));
}

/** Moves a mobile ID and its certificates in time: they end in so many days, after a life of two years. */
export async function endsInDays(
  { database }: Pick<TestServer, 'database'>,
  profileId: string,
  days: number,
): Promise<void> {
  await database.query(
    `WITH moment AS (SELECT date_trunc('second', now()) AS now),
       life AS (SELECT now + $2 * interval '24 hours' AS ends, now - (730 - $2) * interval '24 hours' AS begins FROM moment),
       certificates AS (
         UPDATE certificate SET not_after = ends, not_before = begins FROM life
         WHERE profile_id = $1 AND status IN ('VALID', 'ON_HOLD'))
     UPDATE profile SET valid_to = ends, valid_from = begins FROM life WHERE id = $1`,
    [profileId, days],
  );
}

/** So many more mobile IDs like this one, of the same user on the same phone. */
export async function copyProfile(
  { database }: Pick<TestServer, 'database'>,
  profileId: string,
  copies: number,
): Promise<void> {
  await database.query(
    `WITH copies AS (
       INSERT INTO profile SELECT (p).* FROM (
         SELECT jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'enrolment_id', gen_random_uuid())) AS p
         FROM profile p, generate_series(1, $2::int) WHERE p.id = $1) AS made
       RETURNING id)
     INSERT INTO certificate SELECT (c).* FROM (
       SELECT jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'profile_id', p.id,
         'serial_number', gen_random_uuid(), 'public_key_hash', '\\x' || md5(gen_random_uuid()::text))) AS c
       FROM certificate c, copies p WHERE c.profile_id = $1) AS made`,
    [profileId, copies],
  );
}

/** This server looks whom it has to remind, as it does by itself every few seconds. */
export async function remind({ app }: Pick<TestServer, 'app'>): Promise<void> {
  const { expiryReminders, work } = app.services;
  await expiryReminders.remind(await work.systemRequest('renewal', randomUUID()));
}

/** Kind, status and reason of all certificates of a mobile ID, oldest first. */
export async function certificatesOf(
  { database }: Pick<TestServer, 'database'>,
  profileId: string,
): Promise<string[]> {
  const rows = await database.query<{ kind: string; status: string; reason: string | null }>(
    `SELECT kind, status, revocation_reason AS reason FROM certificate WHERE profile_id = $1 ORDER BY not_after, kind`,
    [profileId],
  );
  return rows.map(({ kind, status, reason }) => [kind, status, reason ?? ''].join(' ').trim());
}
