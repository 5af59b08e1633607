import { DeafProxy } from '../../bench/deaf-proxy';
import type { TestDatabase } from './database';
import { testRun } from './run';

/** The same database, reached through `proxy`. */
export async function throughDeafProxy(
  database: TestDatabase,
): Promise<{ proxy: DeafProxy; proxied: TestDatabase }> {
  const { host, port } = testRun().postgres;
  const proxy = await DeafProxy.start({ host, port });
  const through = (url: string): string => {
    const changed = url.replace(encodeURIComponent(host), encodeURIComponent(proxy.address.host));
    if (changed === url) throw new Error('The proxy stands beside the way.');
    return changed;
  };
  const [url, serverUrl] = [through(database.url), through(database.serverUrl)];
  return { proxy, proxied: { ...database, url, serverUrl, connection: { url } } };
}
