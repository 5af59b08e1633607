/** Slow senders must not hold connections: whole headers and whole requests within these times. */
export const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000, // longer than what usual proxies keep a connection
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
} as const;

/** Files come at the pace of who sends them, and of the database: theirs is a measure of its own. */
export const UPLOADS = { path: '/imports/', requestTimeout: 900_000 } as const;
