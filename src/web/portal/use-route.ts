import { useSyncExternalStore } from 'react';
import { hashOf, parseRoute, type Route } from './route.js';

/** Where one is; follows the browser's back and forward. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash));
}

/** The path that leads back here from another site; only places that the portal knows. */
export function currentPlace(): string {
  return `/${hashOf(parseRoute(location.hash))}`;
}

export function goTo(route: Route): void {
  location.hash = hashOf(route);
}

/** Goes there and leaves no way back to where it came from, e.g. from an order that was just placed. */
export function replaceBy(route: Route): void {
  location.replace(hashOf(route));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => {
    window.removeEventListener('hashchange', listener);
  };
}
