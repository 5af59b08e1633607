import type { IncomingHttpHeaders } from 'node:http';

/** `none`: no browser page of another site; `own`: our pages; `allowed`: on the list; `foreign`: anything else. */
export type OriginKind = 'none' | 'own' | 'allowed' | 'foreign';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** The one list of origins, for CORS and WebSocket alike. */
export class Origins {
  private own: { url: string; origins: ReadonlySet<string> } | undefined;
  private readonly allowed: ReadonlySet<string>;

  /** @param publicUrl our own origin, asked for when it is needed: port 0 is known only once we listen */
  constructor(
    private readonly publicUrl: () => string,
    allowed: readonly string[],
  ) {
    this.allowed = new Set(allowed);
  }

  kindOf(origin: string | undefined): OriginKind {
    if (origin === undefined) return 'none';
    if (this.ownOrigins().has(origin)) return 'own';
    return this.allowed.has(origin) ? 'allowed' : 'foreign';
  }

  /**
   * Whether a cookie counts: only where no other site can have made the browser send it. Else only tokens count.
   * Browsers send Origin with each POST and each WebSocket, Sec-Fetch-Site with most of the rest.
   */
  cookieCounts(headers: IncomingHttpHeaders): boolean {
    const kind = this.kindOf(headers.origin);
    const site = headers['sec-fetch-site'];
    return (
      (kind === 'none' || kind === 'own') &&
      (site === undefined || site === 'same-origin' || site === 'none')
    );
  }

  /** A loopback address is the same machine under each of its names. */
  private ownOrigins(): ReadonlySet<string> {
    const url = this.publicUrl();
    if (this.own?.url !== url) this.own = { url, origins: new Set(namesOf(new URL(url))) };
    return this.own.origins;
  }
}

function namesOf({ origin, protocol, hostname, port }: URL): string[] {
  if (!LOOPBACK_NAMES.includes(hostname)) return [origin];
  const suffix = port === '' ? '' : `:${port}`;
  return LOOPBACK_NAMES.map((name) => `${protocol}//${name}${suffix}`);
}
