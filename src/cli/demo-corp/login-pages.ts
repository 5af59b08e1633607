import { escapeHtml } from '../../kernel/html.js';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;background:#fff7ed;color:#431407;display:grid;place-items:center;min-height:100vh;margin:0}
main{background:#fff;border:1px solid #fdba74;border-radius:12px;padding:2rem;width:min(22rem,90vw);box-sizing:border-box}
h1{font-size:1.25rem;margin:0 0 1rem}label{display:block;margin:.75rem 0 .25rem}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #9a3412;border-radius:6px}
button{font:inherit;margin-top:1.25rem;width:100%;padding:.6rem;border:0;border-radius:6px;background:#c2410c;color:#fff;cursor:pointer}
p[role=alert]{color:#b91c1c;margin:0}`;

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}

/** Asks for user name and password; the form comes back to the address that it was asked at. */
export function signInPage(reason: 'FIRST' | 'AGAIN' | 'WRONG', action: string): string {
  const lead = { FIRST: '', AGAIN: '<p>Sign in once more to continue.</p>', WRONG: WRONG_LEAD };
  return page(
    'Demo Corp: sign in',
    `<h1>Demo Corp</h1>${lead[reason]}<form method="post" action="${escapeHtml(action)}">
<label for="username">Staff name</label><input id="username" name="username" autocomplete="username" required autofocus>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form>`,
  );
}

const WRONG_LEAD = '<p role="alert">Staff name or password is wrong.</p>';

/** The HTTP POST binding: the browser carries the message on (SAML bindings 3.5). */
export function postPage(url: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return page(
    'Demo Corp',
    `<h1>Demo Corp</h1><form method="post" action="${escapeHtml(url)}">${inputs.join('')}<button>Continue</button></form>
<script>document.forms[0].submit()</script>`,
  );
}

export function homePage(name: string | null): string {
  const body =
    name === null
      ? '<p>Nobody is signed in here.</p>'
      : `<p>Signed in as ${escapeHtml(name)}.</p><form method="post" action="/sign-out"><button>Sign out everywhere</button></form>`;
  return page('Demo Corp', `<h1>Demo Corp</h1>${body}`);
}

export function messagePage(text: string): string {
  return page('Demo Corp', `<h1>Demo Corp</h1><p>${escapeHtml(text)}</p>`);
}
