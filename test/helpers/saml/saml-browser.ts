import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { inflateRawSync } from 'node:zlib';
import { noteSecret } from '../run';

/** What a server answered: where it sends the browser on. */
export interface Visit {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** An AuthnRequest or LogoutRequest that the server sent a browser away with. */
export interface SentMessage {
  readonly url: URL;
  readonly xml: string;
  readonly id: string;
}

interface Init {
  readonly method?: string;
  readonly body?: string | URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Keeps cookies as a browser does, and follows nothing by itself. */
export class CookieBrowser {
  private readonly jar = new Map<string, string>();

  constructor(private readonly origin: string) {}

  cookie(name: string): string | undefined {
    return this.jar.get(name);
  }

  setCookie(name: string, value: string): void {
    this.jar.set(name, value);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Visit> {
    return this.visit(path, { headers });
  }

  /** A form, as another site's page posts it: `SameSite=Lax` cookies over plain http go along, see the server. */
  post(path: string, form: Readonly<Record<string, string>>): Promise<Visit> {
    return this.visit(path, { method: 'POST', body: new URLSearchParams(form) });
  }

  async visit(path: string, init: Init): Promise<Visit> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await send(new URL(path, this.origin), {
      ...init,
      headers: { ...init.headers, ...(cookie === '' ? {} : { cookie }) },
    });
    for (const line of response.headers['set-cookie'] ?? []) this.keep(line);
    return {
      status: response.statusCode ?? 0,
      location: response.headers.location ?? '',
      text: await text(response),
    };
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    if (attributes.includes('Max-Age=0')) this.jar.delete(name);
    else this.jar.set(name, value);
    if (value !== '') noteSecret(value);
  }
}

/** By `node:http`: `fetch` says of itself that it is no visit, `Sec-Fetch-Mode: cors`. */
function send(url: URL, { method = 'GET', body, headers }: Init): Promise<IncomingMessage> {
  const isForm = body instanceof URLSearchParams;
  const type = isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...type, ...headers }, agent: false }, resolve);
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : body.toString());
  });
}

export function messageIn(location: string): SentMessage {
  const url = new URL(location);
  const message = url.searchParams.get('SAMLRequest') ?? url.searchParams.get('SAMLResponse');
  const xml = inflateRawSync(Buffer.from(message ?? '', 'base64')).toString();
  return { url, xml, id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '' };
}
