import type { RequestContext } from '../../../src/kernel/actor.js';
import { loaderOf } from '../../../src/platform/loaders.js';

function request(): RequestContext {
  return {
    actor: { kind: 'anonymous' },
    grants: {},
    requestId: 'test',
    address: '127.0.0.1',
    userAgent: null,
    now: new Date(0),
    setSessionCookie: () => undefined,
  };
}

function counting(): { batches: string[][]; load: (keys: readonly string[]) => Promise<string[]> } {
  const batches: string[][] = [];
  return {
    batches,
    load: (keys) => {
      batches.push([...keys]);
      return Promise.resolve(keys.map((key) => key.toUpperCase()));
    },
  };
}

describe('loaders', () => {
  test('load together what one request asks for at once', async () => {
    const [one, { batches, load }] = [request(), counting()];
    const ask = (key: string): Promise<string> => loaderOf(one, 'letters', load).load(key);
    await expect(Promise.all(['a', 'b'].map(ask))).resolves.toEqual(['A', 'B']);
    expect(batches).toEqual([['a', 'b']]);
  });

  test('keep requests apart', async () => {
    const { batches, load } = counting();
    await Promise.all(['a', 'b'].map((key) => loaderOf(request(), 'letters', load).load(key)));
    expect(batches).toEqual([['a'], ['b']]);
  });

  test('ask again later, as the answer may have changed', async () => {
    const [one, { batches, load }] = [request(), counting()];
    await loaderOf(one, 'letters', load).load('a');
    await loaderOf(one, 'letters', load).load('a');
    expect(batches).toEqual([['a'], ['a']]);
  });
});
