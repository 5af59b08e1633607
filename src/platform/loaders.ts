import DataLoader from 'dataloader';
import type { RequestContext } from '../kernel/actor.js';

const loaders = new WeakMap<RequestContext, Map<string, unknown>>();

/**
 * The loader called `name` of one request: keys asked for in the same tick are loaded together. It remembers no answers, so a
 * long-lived subscription or a later mutation of the same request sees what has changed. For scopes of `work.read` only: the
 * first caller's `load` serves the whole request, and a transaction's connection would be gone by then.
 * @param load answers in the order of its keys, with an Error where it has none
 */
export function loaderOf<K, V>(
  request: RequestContext,
  name: string,
  load: (keys: readonly K[]) => Promise<readonly (V | Error)[]>,
): DataLoader<K, V> {
  const ofRequest = loaders.get(request) ?? new Map<string, unknown>();
  loaders.set(request, ofRequest);
  const known = ofRequest.get(name) as DataLoader<K, V> | undefined;
  if (known !== undefined) return known;
  const loader = new DataLoader<K, V>(load, { cache: false });
  ofRequest.set(name, loader);
  return loader;
}
