import { codeOf } from '../graphql';
import { CookieBrowser, messageIn, type SentMessage, type Visit } from './saml-browser';
import {
  encoded,
  responseXml,
  rightFields,
  rightSigning,
  signingKey,
  signResponse,
  type Addressee,
  type ResponseFields,
  type Signing,
  type SigningKey,
} from './saml-provider';
import { noteSecret } from '../run';
import type { TestServer } from '../server';

/** A provider that the server knows, and whose key the test holds. */
export interface KnownProvider extends Addressee {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly key: SigningKey;
}

export type ProviderSettings = Readonly<Record<string, unknown>>;

const CREATE = `mutation ($input: IdentityProviderInput!) { createIdentityProvider(input: $input) {
  id name entityId metadataUrl acsUrl } }`;

export function providerInput(
  name: string,
  key: SigningKey,
  settings: ProviderSettings = {},
): ProviderSettings {
  return {
    name,
    label: `Provider ${name}`,
    entityId: `https://${name}.example.org/idp`,
    signInUrl: `https://${name}.example.org/sso`,
    signOutUrl: `https://${name}.example.org/slo`,
    certificates: [key.certificate],
    createUsers: true,
    enabled: true,
    ...settings,
  };
}

export async function createProvider(
  server: TestServer,
  admin: string,
  name: string,
  settings: ProviderSettings = {},
): Promise<KnownProvider> {
  const key = await signingKey();
  const answer = await server.graphql(
    CREATE,
    { input: providerInput(name, key, settings) },
    { token: admin },
  );
  if (answer.errors.length > 0) throw new Error(codeOf(answer) + JSON.stringify(answer.errors));
  const { id, entityId: issuer, metadataUrl, acsUrl } = answer.data.createIdentityProvider;
  return { id, name, issuer, key, entityId: metadataUrl, acsUrl };
}

/** What a test makes of an answer; what it leaves out is right. */
export interface Changes {
  readonly fields?: Partial<ResponseFields>;
  readonly signing?: Partial<Signing>;
  /** Of the XML before it is signed. */
  readonly before?: (xml: string) => string;
  /** Of the XML after it was signed. */
  readonly after?: (xml: string) => string;
}

/** One sign-in by one browser, step by step. */
export class SamlSignIn {
  readonly browser: CookieBrowser;
  request: SentMessage | undefined;

  constructor(
    server: Pick<TestServer, 'url'>,
    readonly provider: KnownProvider,
    session?: string,
  ) {
    this.browser = new CookieBrowser(server.url);
    if (session !== undefined) this.browser.setCookie('signet', session);
  }

  async begin(query = ''): Promise<this> {
    const { location } = await this.browser.get(`/saml/${this.provider.name}/sign-in${query}`);
    this.request = messageIn(location);
    return this;
  }

  xml(nameId: string, { fields, signing, before, after }: Changes = {}): string {
    const right = rightFields(this.provider, {
      issuer: this.provider.issuer,
      requestId: this.request?.id ?? null,
      nameId,
    });
    const unsigned = responseXml({ ...right, ...fields });
    const signed = signResponse(before?.(unsigned) ?? unsigned, {
      ...rightSigning(this.provider.key),
      ...signing,
    });
    return after?.(signed) ?? signed;
  }

  post(xml: string, more: Readonly<Record<string, string>> = {}): Promise<Visit> {
    const message = encoded(xml);
    noteSecret(message.slice(200, 500));
    return this.browser.post(`/saml/${this.provider.name}/acs`, { SAMLResponse: message, ...more });
  }

  answer(nameId: string, changes: Changes = {}): Promise<Visit> {
    return this.post(this.xml(nameId, changes));
  }

  /** Goes on to where the session is; gives where that leads. */
  async finish({ location }: Visit): Promise<string> {
    return (await this.browser.get(location)).location;
  }

  /** The session's token. */
  get token(): string | undefined {
    return this.browser.cookie('signet');
  }
}

/** A whole sign-in that goes well. Gives the session's token. */
export async function signInBySaml(
  server: TestServer,
  provider: KnownProvider,
  nameId: string,
  changes: Changes = {},
): Promise<string> {
  const signIn = await new SamlSignIn(server, provider).begin();
  const end = await signIn.finish(await signIn.answer(nameId, changes));
  if (signIn.token === undefined) throw new Error(`It ended at ${end}.`);
  return signIn.token;
}

/** The reason of the newest refusal in the audit log. */
export async function refusalOf(server: TestServer, name: string): Promise<string | undefined> {
  const [row] = await server.database.query<{ detail: string }>(
    `SELECT detail FROM audit_entry WHERE action = 'session.sign-in' AND outcome = 'REFUSED' ORDER BY id DESC LIMIT 1`,
  );
  return row?.detail.replace(`SAML ${name}: `, '');
}
