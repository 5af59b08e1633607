import { useSyncExternalStore } from 'react';

/** Something to say to who arrives. */
export type Notice =
  | { readonly kind: 'PASSWORD_SET' }
  /** A sign-in elsewhere came back without success; `code` is whatever the address said. */
  | { readonly kind: 'SIGN_IN_PROBLEM'; readonly code: string };

/** How one came to this page. */
export type ArrivalState =
  | { readonly kind: 'PORTAL'; readonly notice: Notice | undefined }
  /** By a mailed link; its secret is kept in this page's memory and nowhere else. */
  | { readonly kind: 'SET_PASSWORD'; readonly token: string | undefined };

/** Reads what the address says beside the place, and takes it out of the address bar at once. */
export class Arrival {
  private state: ArrivalState = { kind: 'PORTAL', notice: undefined };
  private readonly listeners = new Set<() => void>();

  constructor(private readonly browser: Pick<Window, 'history' | 'location'>) {
    this.take();
  }

  /** Also for a link that is opened in a page that is there already. */
  take(): void {
    const { location } = this.browser;
    if (location.pathname === '/set-password') this.takeToken();
    else this.takeNotice();
  }

  readonly current = (): ArrivalState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** The new password stands: on to the portal, without a way back to the used link. */
  passwordSet(): void {
    this.browser.history.replaceState(null, '', '/');
    this.change({ kind: 'PORTAL', notice: { kind: 'PASSWORD_SET' } });
  }

  leaveForPortal(hash: string): void {
    this.browser.history.replaceState(null, '', `/${hash}`);
    this.change({ kind: 'PORTAL', notice: undefined });
  }

  readonly dismissNotice = (): void => {
    if (this.state.kind !== 'PORTAL' || this.state.notice === undefined) return;
    this.change({ kind: 'PORTAL', notice: undefined });
  };

  private takeToken(): void {
    const { history, location } = this.browser;
    const token = location.hash.slice(1);
    if (location.hash !== '' || location.search !== '') {
      history.replaceState(null, '', location.pathname);
    }
    if (this.state.kind === 'SET_PASSWORD' && token === '') return;
    this.change({ kind: 'SET_PASSWORD', token: token === '' ? undefined : token });
  }

  private takeNotice(): void {
    const { history, location } = this.browser;
    const code = new URLSearchParams(location.search).get('signInProblem');
    const hash = location.pathname === '/account' ? '#/account' : location.hash;
    if (location.search !== '' || location.pathname !== '/') {
      history.replaceState(null, '', `/${hash}`);
    }
    if (code !== null) this.change({ kind: 'PORTAL', notice: { kind: 'SIGN_IN_PROBLEM', code } });
  }

  private change(state: ArrivalState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

export function useArrival(arrival: Arrival): ArrivalState {
  return useSyncExternalStore(arrival.subscribe, arrival.current);
}
