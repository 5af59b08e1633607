import { X509Certificate } from 'node:crypto';
import type { KeyAlgorithm } from '../../../src/kernel/key-algorithm';
import { pemOf } from '../../../src/features/certificates/x509/pem';
import { createTestDatabase } from '../database';
import { gatherCast, order, type Cast } from '../cast';
import { newName } from '../orders';
import { HonestOrNotPhone } from '../phone';
import { eventually, startTestServer, type TestServer } from '../server';
import { sessionOf } from '../sessions';

export interface IssuedTo {
  readonly kind: 'AUTHENTICATION' | 'SIGNATURE' | 'ENCRYPTION';
  readonly pem: string;
  readonly serialNumber: string;
}

/** Somebody with a mobile ID, whose certificates can be put on hold, released and revoked. */
export interface Holder {
  readonly id: string;
  readonly certificates: readonly IssuedTo[];
}

interface ShownAuthority {
  readonly chain: readonly [issuing: string, root: string];
  readonly crlUrl: string;
  readonly ocspUrl: string;
}

/** A server whose certificates name itself as the place of CRL, OCSP and authorities' certificates. */
export class PkiStage {
  private constructor(
    readonly server: TestServer,
    private readonly drop: () => Promise<void>,
    private readonly cast: Pick<Cast, 'admin' | 'projectId'>,
    private readonly authority: ShownAuthority,
  ) {}

  /** Issuer first, root last, PEM. */
  get chain(): ShownAuthority['chain'] {
    return this.authority.chain;
  }

  get crlUrl(): string {
    return this.authority.crlUrl;
  }

  get ocspUrl(): string {
    return this.authority.ocspUrl;
  }

  static async set(keyAlgorithm: KeyAlgorithm = 'P-256'): Promise<PkiStage> {
    const database = await createTestDatabase();
    await database.query('DELETE FROM certificate_authority');
    await database.query('DELETE FROM revocation_list');
    const server = await startTestServer({
      database,
      environment: { PKI_URL: '', CA_KEY_ALGORITHM: keyAlgorithm },
    });
    const cast = await gatherCast(server);
    const { data } = await server.graphql('{ certificateAuthority { chain crlUrl ocspUrl } }');
    return new PkiStage(server, () => database.drop(), cast, data.certificateAuthority);
  }

  async remove(): Promise<void> {
    await this.server.stop();
    await this.drop();
  }

  /** A new user with a mobile ID. */
  async holder(
    called: { readonly displayName?: string; readonly email?: string | null } = {},
  ): Promise<Holder> {
    const username = newName('holder');
    const person = { username, displayName: username, email: `${username}@example.org`, ...called };
    const { data, errors } = await this.server.graphql(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { ...person, state: 'ACTIVE', invite: false } },
      { token: this.cast.admin },
    );
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    const id = data.createUser.id as string;
    const token = await sessionOf(this.server, id);
    const placed = await order(this.server, token, {
      projectId: this.cast.projectId,
      certificates: ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'],
    });
    const { profile } = await new HonestOrNotPhone(this.server).enrol(placed.code);
    return { id, certificates: profile.certificates };
  }

  /** On hold, valid again, or revoked for good: with the user. */
  async change(
    verb: 'deactivateUser' | 'activateUser' | 'lockUser',
    { id }: Holder,
  ): Promise<void> {
    const reason = verb === 'lockUser' ? ', reason: "lost"' : '';
    const { errors } = await this.server.graphql(
      `mutation ($id: ID!) { ${verb}(id: $id${reason}) { id } }`,
      { id },
      { token: this.cast.admin },
    );
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
  }

  /** The list of the issuing authority, DER, once every change so far is in it. */
  async list(url: string = this.crlUrl): Promise<Buffer> {
    await this.published();
    return fetched(url);
  }

  async published(): Promise<void> {
    await eventually(async () => {
      const open = await this.server.database.query('SELECT 1 FROM revocation_change');
      return open.length === 0 ? true : undefined;
    });
  }

  get rootCrlUrl(): string {
    return crlUrlIn(this.chain[0]);
  }
}

export async function fetched(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${String(response.status)}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Of the first distribution point that a certificate names. */
function crlUrlIn(pem: string): string {
  const url = /http:\/\/[\w.:/-]+\.crl/.exec(new X509Certificate(pem).raw.toString('latin1'))?.[0];
  if (url === undefined) throw new Error('The certificate names no CRL.');
  return url;
}

export const crlPem = (der: Buffer): string => pemOf(der).replaceAll('CERTIFICATE', 'X509 CRL');
