import { randomUUID } from 'node:crypto';
import {
  Constants,
  Extractor,
  IdentityProvider,
  SamlLib,
  ServiceProvider,
  setSchemaValidator,
  type IdentityProviderInstance,
  type ServiceProviderInstance,
} from 'samlify';
import type { KeyPair } from './key-pair.js';
import type { Employee } from './staff.js';

/** The same wherever it listens, so that it stays the same provider after a restart. */
const ENTITY_ID = 'https://demo-corp.example/saml';
const LIFETIME_MS = 300_000;
const SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** SAML core 2.3.3; with an AuthnStatement (2.7.2), which samlify's own template leaves out. */
const RESPONSE = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{Now}" Destination="{Acs}" InResponseTo="{InResponseTo}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{AssertionId}" Version="2.0" IssueInstant="{Now}"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID Format="${PERSISTENT}">{NameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{End}" Recipient="{Acs}" InResponseTo="{InResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{Now}" NotOnOrAfter="{End}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{AuthnInstant}" SessionIndex="{SessionIndex}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>`;
const RESPONSE_END = '</saml:AttributeStatement></saml:Assertion></samlp:Response>';
const VALUE = '<saml:AttributeValue>{Value}</saml:AttributeValue>';

/** A request to sign somebody in, whose signature was checked. */
export interface LoginRequest {
  readonly id: string;
  readonly forceAuthn: boolean;
}

/** An employee, and when he gave his password. */
export interface Authenticated {
  readonly employee: Employee;
  readonly at: Date;
  readonly sessionIndex: string;
}

export interface LogoutRequest {
  readonly id: string;
  readonly nameId: string;
}

/** What the browser carries to the service provider: a signed address to go to, or fields to post to one. */
export interface Message {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>> | null;
}

// What the service provider says is checked by its signature; samlify wants a validator of the schema beside that.
setSchemaValidator({ validate: () => Promise.resolve('not validated') });

/** Demo Corp's SAML side, for one service provider. */
export class SamlProvider {
  private readonly idp: IdentityProviderInstance;

  constructor(
    readonly url: string,
    { key, certificate }: KeyPair,
    private readonly serviceProvider: () => Promise<string>,
  ) {
    const { redirect, post } = Constants.namespace.binding;
    this.idp = IdentityProvider({
      entityID: ENTITY_ID,
      privateKey: key,
      signingCert: certificate,
      wantAuthnRequestsSigned: true,
      wantLogoutRequestSigned: true,
      requestSignatureAlgorithm: SHA256,
      messageSigningOrder: 'sign-then-encrypt',
      nameIDFormat: [PERSISTENT],
      singleSignOnService: [{ Binding: redirect, Location: `${url}/sso` }],
      singleLogoutService: [
        { Binding: redirect, Location: `${url}/slo` },
        { Binding: post, Location: `${url}/slo` },
      ],
      loginResponseTemplate: { context: RESPONSE, attributes: [] },
    });
  }

  get metadata(): string {
    return this.idp.getMetadata();
  }

  /** @throws Error where the request is not signed by the service provider */
  async readLogin(query: Query): Promise<LoginRequest> {
    const { extract, samlContent } = await this.idp.parseLoginRequest(
      await this.sp(),
      'redirect',
      signedParts('SAMLRequest', query),
    );
    const { force } = Extractor.extract(samlContent, [
      { key: 'force', localPath: ['AuthnRequest'], attributes: ['ForceAuthn'] },
    ]) as { force: unknown };
    return { id: idIn(extract), forceAuthn: force === 'true' || force === '1' };
  }

  /** The signed answer, and where the browser has to post it to. */
  async answerLogin(
    request: LoginRequest,
    { employee, at, sessionIndex }: Authenticated,
    now: Date,
  ): Promise<{ readonly url: string; readonly response: string }> {
    const sp = await this.sp();
    const acs = sp.entityMeta.getAssertionConsumerService('post') as string;
    const id = `_${randomUUID()}`;
    const facts = {
      ID: id,
      AssertionId: `_${randomUUID()}`,
      Now: now.toISOString(),
      End: new Date(now.getTime() + LIFETIME_MS).toISOString(),
      AuthnInstant: at.toISOString(),
      Acs: acs,
      Audience: sp.entityMeta.getEntityID(),
      InResponseTo: request.id,
      Issuer: this.idp.entityMeta.getEntityID(),
      NameId: employee.username,
      SessionIndex: sessionIndex,
    };
    const made = await this.idp.createLoginResponse(
      sp,
      { extract: { request: { id: request.id } } },
      'post',
      { email: employee.email },
      (template) => ({
        id,
        context: `${SamlLib.replaceTagsByValue(template, facts)}${attributesOf(employee)}${RESPONSE_END}`,
      }),
    );
    return { url: acs, response: made.context };
  }

  /** @throws Error where the request is not signed by the service provider */
  async readLogout(query: Query): Promise<LogoutRequest> {
    const { extract } = await this.idp.parseLogoutRequest(
      await this.sp(),
      'redirect',
      signedParts('SAMLRequest', query),
    );
    const nameId = (extract as { nameID?: unknown }).nameID;
    return { id: idIn(extract), nameId: typeof nameId === 'string' ? nameId : '' };
  }

  async answerLogout(request: LogoutRequest, relayState: string): Promise<Message> {
    const sp = await this.sp();
    const info = { extract: { request: { id: request.id } } };
    const binding = logoutBindingOf(sp);
    const { context } = this.idp.createLogoutResponse(sp, info, binding, relayState);
    return message(sp, 'SAMLResponse', { binding, context, relayState });
  }

  /** Tells the service provider that this employee has signed out here. */
  async requestLogout({ employee, sessionIndex }: Authenticated): Promise<Message> {
    const sp = await this.sp();
    const user = { logoutNameID: employee.username, sessionIndex };
    const binding = logoutBindingOf(sp);
    const { context } = this.idp.createLogoutRequest(sp, binding, user);
    return message(sp, 'SAMLRequest', { binding, context, relayState: '' });
  }

  private async sp(): Promise<ServiceProviderInstance> {
    return ServiceProvider({
      metadata: await this.serviceProvider(),
      wantMessageSigned: true,
      wantLogoutRequestSigned: true,
      wantLogoutResponseSigned: true,
    });
  }
}

type Binding = 'redirect' | 'post';

/** Redirect where the service provider takes it. */
function logoutBindingOf(sp: ServiceProviderInstance): Binding {
  return typeof sp.entityMeta.getSingleLogoutService('redirect') === 'string' ? 'redirect' : 'post';
}

function message(
  sp: ServiceProviderInstance,
  name: 'SAMLRequest' | 'SAMLResponse',
  { binding, context, relayState }: { binding: Binding; context: string; relayState: string },
): Message {
  if (binding === 'redirect') return { url: context, fields: null };
  const url = sp.entityMeta.getSingleLogoutService('post') as string;
  return { url, fields: { [name]: context, ...(relayState && { RelayState: relayState }) } };
}

/** The query string as it came: the signature covers its very bytes (SAML bindings 3.4.4.1). */
export type Query = string;

function signedParts(
  name: 'SAMLRequest',
  search: Query,
): { query: Record<string, string>; octetString: string } {
  const raw = new Map(
    search.split('&').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
  const octetString = [name, 'RelayState', 'SigAlg']
    .filter((key) => raw.has(key))
    .map((key) => `${key}=${raw.get(key) ?? ''}`)
    .join('&');
  return { query: Object.fromEntries(new URLSearchParams(search)), octetString };
}

function idIn(extract: unknown): string {
  const { request } = extract as { request?: { id?: unknown } };
  if (typeof request?.id !== 'string') throw new Error('The request has no ID.');
  return request.id;
}

function attributesOf({ username, displayName, email, groups }: Employee): string {
  return [
    attribute('username', [username]),
    attribute('displayName', [displayName]),
    attribute('email', [email]),
    attribute('groups', groups),
  ].join('');
}

function attribute(name: string, values: readonly string[]): string {
  const all = values.map((Value) => SamlLib.replaceTagsByValue(VALUE, { Value })).join('');
  return `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">${all}</saml:Attribute>`;
}
