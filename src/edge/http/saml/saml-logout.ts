import { sign } from 'node:crypto';
import type { Profile, SAML } from '@node-saml/passport-saml';
import { SamlRefusal } from '../../../features/authentication/saml/messages/saml-refusal.js';
import type {
  LogoutStep,
  SamlSignOutService,
} from '../../../features/authentication/saml/saml-sign-out.service.js';
import type { ServiceKey } from '../../../features/authentication/saml/saml-key.service.js';
import type { ProviderSession } from '../../../features/authentication/saml/saml-session.service.js';
import { formOf, go, queryOf } from './saml-exchange.js';
import type { SamlPages, Visit } from './saml-pages.js';
import { samlOf } from './saml-strategy.js';

const SIGNED = ['SAMLRequest', 'SAMLResponse', 'RelayState'];

/** `/saml/NAME/logout`: begins a sign-out, and takes the provider's logout messages. */
export class SamlLogout {
  constructor(
    private readonly pages: SamlPages,
    private readonly signOut: SamlSignOutService,
  ) {}

  async get(visit: Visit): Promise<void> {
    const { req, ctx, provider, browserToken } = visit;
    const query = queryOf(req);
    if (!/(?:^|&)SAML(?:Request|Response)=/.test(query)) return this.begin(visit);
    const arrived = { binding: 'redirect', query, browserToken } as const;
    return this.goOn(visit, await this.signOut.receive(ctx, provider, arrived));
  }

  async post(visit: Visit): Promise<void> {
    const { req, res, ctx, provider, browserToken } = visit;
    const form = await formOf(req, res);
    const names = ['SAMLRequest', 'SAMLResponse'].filter((name) => form.has(name));
    const [name, ...others] = names;
    const encoded = form.get(name ?? '');
    if (name === undefined || encoded === undefined || others.length > 0) {
      throw new SamlRefusal('MALFORMED');
    }
    const saml = samlOf(await this.pages.library(ctx, provider));
    const step = await this.signOut.receive(ctx, provider, {
      binding: 'post',
      encoded,
      relayState: form.get('RelayState') ?? null,
      browserToken,
      verify: () => verifyLogout(saml, { [name]: encoded }),
    });
    return this.goOn(visit, step);
  }

  /** Here first: whatever becomes of the provider's part, this session is over. */
  private async begin(visit: Visit): Promise<void> {
    const { res, ctx, provider } = visit;
    const known = await this.signOut.leave(ctx, provider);
    if (ctx.actor.kind === 'user') ctx.setSessionCookie(null);
    if (known === undefined) {
      go(res, '/');
      return;
    }
    const browserToken = this.pages.rememberBrowser(visit);
    const library = await this.pages.library(ctx, provider);
    const saml = samlOf(library, {
      save: (id) => this.signOut.begin(ctx, provider, { id, browserToken }),
    });
    const url = await saml.getLogoutUrlAsync(profileOf(known, provider.entityId), '', {});
    go(res, signedAnew(url, library.key));
  }

  private async goOn({ res, ctx, provider }: Visit, step: LogoutStep): Promise<void> {
    if (step.kind === 'DONE' || provider.signOutUrl === null) {
      go(res, '/');
      return;
    }
    const library = await this.pages.library(ctx, provider);
    const saml = samlOf(library);
    const asked = { ID: step.requestId } as Profile;
    const url = await saml.getLogoutResponseUrlAsync(asked, step.relayState ?? '', {}, true);
    go(res, signedAnew(url, library.key));
  }
}

/**
 * Signs the query anew. The library signs one spelling and sends another; they differ in spaces and brackets of a RelayState,
 * and browsers write an apostrophe their own way. Here everything is escaped that can be (SAML bindings 3.4.4.1).
 */
function signedAnew(location: string, { privateKey }: ServiceKey): string {
  const url = new URL(location);
  const parameter = (name: string): string[] => {
    const value = url.searchParams.get(name);
    return value === null ? [] : [`${name}=${escaped(value)}`];
  };
  const signed = [...SIGNED.flatMap(parameter), ...parameter('SigAlg')].join('&');
  const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64');
  for (const name of [...SIGNED, 'SigAlg', 'Signature']) url.searchParams.delete(name);
  const before = url.search === '' ? '?' : `${url.search}&`;
  return `${url.origin}${url.pathname}${before}${signed}&Signature=${escaped(signature)}`;
}

function escaped(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function verifyLogout(saml: SAML, form: Record<string, string>): Promise<void> {
  try {
    if ('SAMLRequest' in form) await saml.validatePostRequestAsync(form);
    else await saml.validatePostResponseAsync(form);
  } catch (cause) {
    throw new SamlRefusal('SIGNATURE', { cause });
  }
}

function profileOf({ nameId, sessionIndex }: ProviderSession, issuer: string): Profile {
  return {
    issuer,
    nameID: nameId.value,
    nameIDFormat: nameId.format ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    ...(nameId.nameQualifier === null ? {} : { nameQualifier: nameId.nameQualifier }),
    ...(nameId.spNameQualifier === null ? {} : { spNameQualifier: nameId.spNameQualifier }),
    ...(sessionIndex === null ? {} : { sessionIndex }),
  };
}
