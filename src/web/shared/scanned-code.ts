const KEY = 'signet.scanned-code';

/** The code from the link: out of the address bar at once, kept for reloads of this tab only. */
export class ScannedCode {
  constructor(private readonly browser: Pick<Window, 'history' | 'location' | 'sessionStorage'>) {
    this.take();
  }

  /** Moves a code from the address bar into this tab's storage; false where there is none. */
  take(): boolean {
    const { history, location, sessionStorage } = this.browser;
    const fragment = location.hash.slice(1);
    if (fragment === '') return false;
    history.replaceState(null, '', location.pathname);
    sessionStorage.setItem(KEY, fragment);
    return true;
  }

  current(): string | undefined {
    return this.browser.sessionStorage.getItem(KEY) ?? undefined;
  }

  forget(): void {
    this.browser.sessionStorage.removeItem(KEY);
  }
}
