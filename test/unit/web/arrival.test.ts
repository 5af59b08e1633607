import { Arrival } from '../../../src/web/portal/sign-in/arrival.js';

interface FakeBrowser {
  location: { pathname: string; search: string; hash: string };
  history: { replaceState: (state: unknown, title: string, url: string) => void };
}

/** An address bar. */
function browserAt(address: string): FakeBrowser {
  const location = { pathname: '', search: '', hash: '' };
  const go = (url: string): void => {
    const { pathname, search, hash } = new URL(url, 'http://localhost');
    Object.assign(location, { pathname, search, hash });
  };
  go(address);
  return {
    location,
    history: {
      replaceState: (_state, _title, url) => {
        go(url);
      },
    },
  };
}
function arrivalAt(browser: FakeBrowser): Arrival {
  return new Arrival(browser as unknown as Window);
}
function addressOf({ location }: FakeBrowser): string {
  return `${location.pathname}${location.search}${location.hash}`;
}

test('the secret of a mailed link leaves the address bar at once', () => {
  const browser = browserAt('/set-password#s3cret');
  const arrival = arrivalAt(browser);
  expect(arrival.current()).toEqual({ kind: 'SET_PASSWORD', token: 's3cret' });
  expect(addressOf(browser)).toBe('/set-password');
});

test('a reload of that page knows no secret any more', () => {
  expect(arrivalAt(browserAt('/set-password')).current()).toEqual({
    kind: 'SET_PASSWORD',
    token: undefined,
  });
});

test('a second link, opened in the same page, replaces the first; no link at all does not', () => {
  const browser = browserAt('/set-password#first');
  const arrival = arrivalAt(browser);
  arrival.take();
  expect(arrival.current()).toMatchObject({ token: 'first' });
  browser.location.hash = '#second';
  arrival.take();
  expect(arrival.current()).toMatchObject({ token: 'second' });
  expect(addressOf(browser)).toBe('/set-password');
});

test('after the password is set the portal says so, once', () => {
  const browser = browserAt('/set-password#s3cret');
  const arrival = arrivalAt(browser);
  const told: string[] = [];
  arrival.subscribe(() => told.push(arrival.current().kind));
  arrival.passwordSet();
  expect(addressOf(browser)).toBe('/');
  expect(arrival.current()).toEqual({ kind: 'PORTAL', notice: { kind: 'PASSWORD_SET' } });
  arrival.dismissNotice();
  expect(arrival.current()).toEqual({ kind: 'PORTAL', notice: undefined });
  expect(told).toEqual(['PORTAL', 'PORTAL']);
});

test('a sign-in problem is taken out of the address, and the place stays', () => {
  const browser = browserAt('/?signInProblem=SAML_EXPIRED#/order/p1');
  expect(arrivalAt(browser).current()).toEqual({
    kind: 'PORTAL',
    notice: { kind: 'SIGN_IN_PROBLEM', code: 'SAML_EXPIRED' },
  });
  expect(addressOf(browser)).toBe('/#/order/p1');
});

test('an address that says nothing beside the place is left as it is', () => {
  const browser = browserAt('/#/order/p1');
  const replaceState = jest.fn();
  browser.history.replaceState = replaceState;
  expect(arrivalAt(browser).current()).toEqual({ kind: 'PORTAL', notice: undefined });
  expect(replaceState).not.toHaveBeenCalled();
});

test('/account leads to the account', () => {
  const browser = browserAt('/account');
  arrivalAt(browser);
  expect(addressOf(browser)).toBe('/#/account');
});
