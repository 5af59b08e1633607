import type { RequestContext } from '../../../kernel/actor.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { SessionControl } from '../../sessions/session-control.service.js';
import {
  checkLogout,
  lastInstantOfLogout,
  readLogout,
  type LogoutRequest,
  type LogoutResponse,
} from './messages/logout.js';
import { readRedirect } from './messages/redirect-binding.js';
import { SamlRefusal } from './messages/saml-refusal.js';
import { requireKnownSigner } from './messages/signature-value.js';
import { requireSignedMessage } from './messages/signed-structure.js';
import { decodeBase64, decodeUtf8, parseMessage } from './messages/xml.js';
import type {
  IdentityProvider,
  IdentityProviderService,
} from './providers/identity-provider.service.js';
import type { SamlRequestService } from './saml-request.service.js';
import type { ProviderSession, SamlSessionService } from './saml-session.service.js';

/** A logout message as it arrived. */
export type ArrivedLogout =
  | { readonly binding: 'redirect'; readonly query: string }
  | {
      readonly binding: 'post';
      readonly encoded: string;
      readonly relayState: string | null;
      /** Checks the signature. */
      readonly verify: () => Promise<void>;
    };

/** What the edge does about it. */
export type LogoutStep =
  /** Answer the provider, in the browser. */
  | { readonly kind: 'ANSWER'; readonly requestId: string; readonly relayState: string | null }
  /** What was begun here has come to its end. */
  | { readonly kind: 'DONE' };

/** Single logout (SAML profiles 4.4), begun on either side. */
export class SamlSignOutService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly sessionControl: SessionControl;
      readonly providers: IdentityProviderService;
      readonly requests: SamlRequestService;
      readonly names: SamlSessionService;
    },
  ) {}

  /** Ends the caller's session here. @returns as what the provider knows it, where it does and could be told */
  async leave(
    request: RequestContext,
    provider: IdentityProvider,
  ): Promise<ProviderSession | undefined> {
    const { work, names, sessionControl } = this.ports;
    const { actor } = request;
    if (actor.kind !== 'user') return undefined;
    return work.change(request, async (scope) => {
      const known = await names.find(scope, actor.sessionId, provider.id);
      await sessionControl.signOut(scope, actor);
      return provider.signOutUrl === null ? undefined : known;
    });
  }

  /** Remembers that this browser has asked the provider to sign out. */
  async begin(
    request: RequestContext,
    provider: IdentityProvider,
    { id, browserToken }: { readonly id: string; readonly browserToken: string },
  ): Promise<void> {
    await this.ports.requests.begin(this.ports.work.read(request), {
      ...{ id, browserToken, providerId: provider.id, kind: 'SIGN_OUT' },
      ...{ userId: null, returnTo: '/', maxAgeSeconds: null },
    });
  }

  /**
   * Nothing is counted before a signature by the provider is seen, and then by that signature: others who come from the same
   * address cannot use up what a provider may send. A query's signature is checked at once, so that there is nothing to count.
   * @throws SamlRefusal; DomainError RATE_LIMITED
   */
  async receive(
    request: RequestContext,
    provider: IdentityProvider,
    arrived: ArrivedLogout & { readonly browserToken: string | null },
  ): Promise<LogoutStep> {
    const { limits, providers } = this.ports;
    const { root, relayState, signature } = signedParts(provider, arrived);
    const message = readLogout(root);
    checkLogout(message, {
      issuer: provider.entityId,
      destination: providers.urlsOf(provider).signOutUrl,
      now: request.now,
    });
    if (arrived.binding === 'post') {
      await limits.take('saml/signature', `${provider.id} ${signature}`);
      await arrived.verify();
    }
    if (message.kind === 'REQUEST') await this.endSessions(request, provider, message);
    else await this.close(request, provider, { message, browserToken: arrived.browserToken });
    return message.kind === 'REQUEST'
      ? { kind: 'ANSWER', requestId: message.id, relayState }
      : { kind: 'DONE' };
  }

  private async endSessions(
    request: RequestContext,
    provider: IdentityProvider,
    message: LogoutRequest,
  ): Promise<void> {
    const { work, requests, names, sessionControl } = this.ports;
    await work.change(request, async (scope) => {
      const isFirst = await requests.accept(scope, {
        providerId: provider.id,
        messageId: message.id,
        requestId: null,
        until: lastInstantOfLogout(message),
      });
      if (!isFirst) throw new SamlRefusal('REPLAY');
      for (const named of await names.takeNamed(scope, provider.id, message)) {
        await sessionControl.signOut(scope, { ...named, detail: `SAML ${provider.name}` });
      }
    });
  }

  private async close(
    request: RequestContext,
    provider: IdentityProvider,
    given: { readonly message: LogoutResponse; readonly browserToken: string | null },
  ): Promise<void> {
    const { work, requests } = this.ports;
    const { browserToken, message } = given;
    const id = message.inResponseTo;
    if (id === null || browserToken === null) throw new SamlRefusal('UNKNOWN_REQUEST');
    const key = { id, providerId: provider.id, browserToken };
    const isOpen = await work.change(request, (scope) => requests.close(scope, key));
    if (!isOpen) throw new SamlRefusal('UNKNOWN_REQUEST');
  }
}

/** A query's signature is checked here; a form's stands in the document, and is checked by the library. */
function signedParts(
  { certificates }: IdentityProvider,
  arrived: ArrivedLogout,
): { readonly root: Element; readonly relayState: string | null; readonly signature: string } {
  if (arrived.binding === 'redirect') {
    const { xml, relayState } = readRedirect(arrived.query, certificates);
    return { root: parseMessage(xml), relayState, signature: '' };
  }
  const root = parseMessage(decodeUtf8(decodeBase64(arrived.encoded)));
  requireSignedMessage(root);
  const signature = requireKnownSigner(root, certificates);
  return { root, relayState: arrived.relayState, signature };
}
