/** Tells the page that its session has ended, wherever that was noticed. */
export interface SessionEnd {
  readonly notify: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createSessionEnd(): SessionEnd {
  const listeners = new Set<() => void>();
  return {
    notify: () => {
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
