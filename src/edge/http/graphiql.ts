import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

interface Page {
  readonly html: Buffer;
  readonly compressed: Buffer;
  readonly scriptHash: string;
  readonly etag: string;
}

const TITLE = 'Signet GraphiQL';
const FIRST_QUERY = `# Who you are here, and what you have proven. A session of the portal at this address counts here, too;
# else sign in by the mutation signInWithPassword, then sendEmailCode and verifyEmailCode.
{
  viewer {
    user {
      username
      roles
    }
    evidence {
      method
      at
    }
  }
}
`;

/** GraphiQL out of our own package folder: everything stands in the page, and its policy lets it load nothing else. */
export class GraphiQL {
  private page: Promise<Page> | undefined;

  constructor(private readonly publicUrl: () => string) {}

  async send(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.page ??= render();
    const { html, compressed, scriptHash, etag } = await this.page;
    res.setHeader('content-security-policy', this.policy(scriptHash));
    res.setHeader('referrer-policy', 'no-referrer');
    res.setHeader('x-frame-options', 'DENY');
    res.setHeader('cache-control', 'private, no-cache');
    res.setHeader('vary', 'origin, accept, accept-encoding');
    res.setHeader('etag', etag);
    if (req.headers['if-none-match'] === etag) {
      res.writeHead(304).end();
      return;
    }
    const zipped = req.headers['accept-encoding']?.includes('gzip') === true;
    res.setHeader('content-type', 'text/html; charset=utf-8');
    if (zipped) res.setHeader('content-encoding', 'gzip');
    res.end(zipped ? compressed : html);
  }

  private policy(scriptHash: string): string {
    const socket = this.publicUrl().replace(/^http/, 'ws');
    return [
      "default-src 'none'",
      `script-src '${scriptHash}'`,
      'worker-src blob:', // the editor's workers are blobs made by the one script
      "style-src 'unsafe-inline'",
      'img-src data:',
      'font-src data:',
      `connect-src 'self' ${socket}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  }
}

/** Nine megabytes: loaded when first asked for. */
async function render(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const text = renderGraphiQL({
    title: TITLE,
    defaultQuery: FIRST_QUERY,
    subscriptionsProtocol: 'WS',
    credentials: 'same-origin',
    shouldPersistHeaders: false,
  }).replaceAll('\r\n', '\n'); // browsers hash the script with plain line feeds
  const script = text.slice(
    text.indexOf('<script>') + '<script>'.length,
    text.lastIndexOf('</script>'),
  );
  const html = Buffer.from(text);
  return {
    html,
    compressed: await promisify(gzip)(html),
    scriptHash: `sha256-${createHash('sha256').update(script).digest('base64')}`,
    etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
  };
}
