import type { IndexedDbKeyStore } from './indexed-db-key-store.js';

/** Why this browser cannot carry a mobile ID. */
export type Obstacle = 'NOT_SECURE' | 'NO_KEYS' | 'NO_STORAGE';

/** Checked before a code is claimed: a claimed code is lost for any other phone. */
export async function findObstacle(store: IndexedDbKeyStore): Promise<Obstacle | undefined> {
  if (!window.isSecureContext) return 'NOT_SECURE';
  if (!('subtle' in crypto)) return 'NO_KEYS';
  try {
    await store.probe();
    return undefined;
  } catch {
    return 'NO_STORAGE';
  }
}

/** Asks the browser not to clear this page's storage when space runs short; many answer without a question. */
export async function askToPersist(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}
