/**
 * Callers in the same turn of the event loop share one answer. It is read after the last of them has asked, so that none gets one
 * that is older than his question; the busier the process, the more of them share.
 */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      asked = undefined;
      return read();
    });
    return asked;
  };
}
