import { parseCookie, stringifySetCookie } from 'cookie';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * Knows the browser again that began a sign-in. A provider's answer is posted by its own site, where the session's cookie does
 * not go along; this one does, and opens nothing by itself.
 */
export class BrowserCookie {
  constructor(
    private readonly publicUrl: () => string,
    private readonly seconds: number,
  ) {}

  read(header: string | undefined): string | null {
    const token = header === undefined ? undefined : parseCookie(header)[this.name()];
    return token !== undefined && TOKEN.test(token) ? token : null;
  }

  /**
   * `SameSite=None` needs https (RFC 6265bis section 5.7). Over plain http, which is for loopback alone, other ports of the same
   * machine are the same site, so that `Lax` lets their forms through.
   */
  write(token: string): string {
    const isSecure = this.isSecure();
    return stringifySetCookie(this.name(), token, {
      path: '/',
      httpOnly: true,
      secure: isSecure,
      sameSite: isSecure ? 'none' : 'lax',
      maxAge: this.seconds,
    });
  }

  private name(): string {
    return this.isSecure() ? '__Host-signet-saml' : 'signet-saml';
  }

  private isSecure(): boolean {
    return this.publicUrl().startsWith('https:');
  }
}
