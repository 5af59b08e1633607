import { parseCookie, stringifySetCookie } from 'cookie';

/**
 * The browser's session token. Out of reach for scripts, sent along by no other site but on plain links (`Lax`, so that a
 * link in a mail finds its reader signed in), gone with the browser; how long it counts, the server decides.
 */
export class SessionCookie {
  constructor(private readonly publicUrl: () => string) {}

  read(header: string | undefined): string | undefined {
    const token = header === undefined ? undefined : parseCookie(header)[this.name()];
    return token === '' ? undefined : token;
  }

  /** @param token null takes it away */
  write(token: string | null): string {
    return stringifySetCookie(this.name(), token ?? '', {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: this.isSecure(),
      ...(token === null ? { maxAge: 0 } : {}),
    });
  }

  /** `__Host-` binds it to this host, over https (RFC 6265bis section 4.1.3.2); browsers refuse it over plain http. */
  private name(): string {
    return this.isSecure() ? '__Host-signet' : 'signet';
  }

  private isSecure(): boolean {
    return this.publicUrl().startsWith('https:');
  }
}
