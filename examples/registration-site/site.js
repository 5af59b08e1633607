import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Accounts } from './accounts.js';
import { Mistake } from './mistake.js';
import { MobileIds } from './mobile-ids.js';
import { homePage, welcomePage } from './pages.js';
import { Signet, SignetError } from './signet.js';
import { Store } from './store.js';

const COOKIE = 'registration_site';
const MAX_BODY = 10_000;
const ASSETS = {
  'enrol.js': 'text/javascript',
  'watch-enrolment.js': 'text/javascript',
  'site.css': 'text/css',
};

/** The whole site, as a listener for `node:http`. */
export function createSite({ url, dataFile, signet }) {
  const store = new Store(dataFile);
  const accounts = new Accounts(store);
  const mobileIds = new MobileIds({
    signet: new Signet(signet),
    projectId: signet.projectId,
    store,
  });
  const securityHeaders = {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      // The page watches at Signet: the WebSocket, and the calls with the watch token.
      `connect-src 'self' ${signet.url} ${signet.url.replace(/^http/, 'ws')}`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  };
  const cookieOptions = `Path=/; HttpOnly; SameSite=Lax${url.startsWith('https:') ? '; Secure' : ''}`;

  const routes = {
    'GET /': async ({ user }) => (user === undefined ? html(welcomePage()) : home(user)),
    'POST /register': ({ form }) => welcome(form, accounts.register(form)),
    'POST /sign-in': ({ form }) => welcome(form, accounts.signIn(form)),
    'POST /sign-out': ({ token }) => {
      accounts.signOut(token);
      return { ...seeOther('/'), cookie: `${COOKIE}=; Max-Age=0; ${cookieOptions}` };
    },
    'POST /mobile-id/orders': ({ user }) => forUser(user, () => mobileIds.order(user)),
    // The page says only that something has happened; what it is, Signet is asked.
    'POST /mobile-id/arrivals': ({ user }) =>
      forUser(user, async () => ({ mobileId: await mobileIds.current(user) })),
  };

  async function home(user) {
    const mobileId = await mobileIds.current(user).catch((error) => {
      report(error);
      return undefined;
    });
    const hasOrder = user.order !== null;
    return html(homePage({ user, mobileId, hasOrder, signetUrl: signet.url }));
  }

  async function welcome(form, entering) {
    try {
      const token = await entering;
      return { ...seeOther('/'), cookie: `${COOKIE}=${token}; ${cookieOptions}` };
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      return { ...html(welcomePage({ problem: error.message, entered: form })), status: 422 };
    }
  }

  async function answerTo(req) {
    const { pathname } = new URL(req.url, url);
    const asset = req.method === 'GET' && /^\/assets\/(.+)$/.exec(pathname)?.[1];
    if (asset) return assetNamed(asset);
    const route = routes[`${req.method} ${pathname}`];
    if (route === undefined) return { status: 404, type: 'text/plain', body: 'Not found.\n' };
    // A browser tells with each POST where it comes from: other sites' pages change nothing here.
    if (req.method === 'POST' && req.headers.origin !== url) {
      return { status: 403, type: 'text/plain', body: 'This came from another site.\n' };
    }
    const token = cookieIn(req);
    const form = req.method === 'POST' ? await formIn(req) : {};
    return route({ form, token, user: accounts.userOf(token) });
  }

  return async (req, res) => {
    const answer = await answerTo(req).catch((error) => {
      report(error);
      return { status: 500, type: 'text/plain', body: 'Something went wrong.\n' };
    });
    res.writeHead(answer.status, {
      ...securityHeaders,
      'cache-control': 'no-store',
      'content-type': `${answer.type}; charset=utf-8`,
      ...(answer.location && { location: answer.location }),
      ...(answer.cookie && { 'set-cookie': answer.cookie }),
    });
    res.end(answer.body);
  };
}

async function forUser(user, action) {
  if (user === undefined) return json(401, { message: 'Please sign in again.' });
  try {
    return json(200, await action());
  } catch (error) {
    if (error instanceof Mistake) return json(409, { message: error.message });
    report(error);
    if (error instanceof SignetError)
      return json(409, { code: error.code, message: error.message });
    return json(502, { message: 'We cannot do this at the moment. Please try again later.' });
  }
}

function assetNamed(name) {
  if (!Object.hasOwn(ASSETS, name))
    return { status: 404, type: 'text/plain', body: 'Not found.\n' };
  const file = fileURLToPath(new URL(`public/${name}`, import.meta.url));
  return { status: 200, type: ASSETS[name], body: readFileSync(file) };
}

function html(body) {
  return { status: 200, type: 'text/html', body };
}

function json(status, content) {
  return { status, type: 'application/json', body: JSON.stringify(content) };
}

function seeOther(location) {
  return { status: 303, type: 'text/plain', body: '', location };
}

function cookieIn({ headers }) {
  const pairs = (headers.cookie ?? '').split(/; */).map((pair) => pair.split('='));
  return pairs.find(([name]) => name === COOKIE)?.[1] ?? '';
}

/** Name, address and password, each as text, whatever was sent. */
async function formIn(req) {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_BODY) throw new Error('A form is never as long.');
  }
  const fields = new URLSearchParams(text);
  return {
    name: fields.get('name')?.trim() ?? '',
    email: fields.get('email')?.trim() ?? '',
    password: fields.get('password') ?? '',
  };
}

/** Signet's messages hold neither tokens nor codes. */
function report(error) {
  const reason = error.cause ? ` (${error.cause.code ?? error.cause.message})` : '';
  process.stderr.write(`${error.code ?? error.name}: ${error.message}${reason}\n`);
}
