import { DeafProxy } from '../../bench/deaf-proxy';
import type { TestDatabase } from './database';
import { testRun } from './run';

/** The same database, reached through `proxy`. */
export async function throughDeafProxy(
  database: TestDatabase,
): Promise<{ proxy: DeafProxy; proxied: TestDatabase }> {
  const { host, port } = testRun().postgres;
  const proxy = await DeafProxy.start({ host, port });
  const url = database.url.replace(
    encodeURIComponent(host),
    encodeURIComponent(proxy.address.host),
  );
  if (url === database.url) throw new Error('The proxy stands beside the way.');
  return { proxy, proxied: { ...database, url, connection: { url } } };
}
