const SITE = 'Fjordby Library';

/** For who is not signed in. `problem` is what went wrong, `entered` what he had typed. */
export function welcomePage({ problem = '', entered = {} } = {}) {
  return page(`
    <p>A card for every reader. Register, and keep your card on your phone.</p>
    ${problem === '' ? '' : `<p class="problem" role="alert">${escape(problem)}</p>`}
    <div class="columns">
      <form method="post" action="/register">
        <h2>Register</h2>
        ${field('Name', { name: 'name', autocomplete: 'name', value: entered.name })}
        ${field('E-mail', { name: 'email', type: 'email', autocomplete: 'email', value: entered.email })}
        ${field('Password', { name: 'password', type: 'password', autocomplete: 'new-password' })}
        <button>Register</button>
      </form>
      <form method="post" action="/sign-in">
        <h2>Sign in</h2>
        ${field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' })}
        ${field('Password', { name: 'password', type: 'password', autocomplete: 'current-password' })}
        <button>Sign in</button>
      </form>
    </div>`);
}

/** For a user. `mobileId` is what Signet says of his, null where he has none, undefined where Signet cannot be reached. */
export function homePage({ user, mobileId, hasOrder, signetUrl }) {
  const head = '<script type="module" src="/assets/enrol.js"></script>';
  return page(
    `
    <form class="corner" method="post" action="/sign-out"><button>Sign out</button></form>
    <p>Good day, ${escape(user.name)}.</p>
    <section id="mobile-id" data-signet="${escape(signetUrl)}" data-order="${hasOrder ? 'open' : 'none'}"
      data-status="${escape(mobileId?.state ?? 'NONE')}">
      <h2>Your mobile ID</h2>
      ${mobileIdText(mobileId)}
      <p id="status" role="status"></p>
      <p id="problem" class="problem" role="alert" hidden></p>
      <div id="code" hidden>
        <img id="qr" width="320" height="320" alt="QR code to scan with your phone" />
        <p>Until <span id="until"></span>. <a id="link" target="_blank" rel="noreferrer">Open on this phone instead</a></p>
      </div>
      <form id="confirmation" hidden>
        <label>Code that the phone shows
          <input name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" required /></label>
        <button>Confirm</button>
      </form>
      <button id="order" ${mayOrder(mobileId) ? '' : 'hidden'}>Get your mobile ID</button>
      <button id="renew" hidden>Show a fresh code</button>
      <button id="cancel" hidden>Cancel</button>
    </section>`,
    head,
  );
}

/** Who has one that is for good over may get another. */
function mayOrder(mobileId) {
  return mobileId === null || mobileId?.state === 'REVOKED' || mobileId?.state === 'EXPIRED';
}

function mobileIdText(mobileId) {
  if (mobileId === undefined) return '<p>We cannot tell at the moment. Please try again later.</p>';
  if (mobileId === null) return '<p id="none">You have none yet.</p>';
  const { id, state, validTo, device } = mobileId;
  return `<p data-profile="${escape(id)}">On ${escape(device.name)}: ${escape(state)}, valid until ${escape(validTo.slice(0, 10))}.</p>`;
}

function page(body, head = '') {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${SITE}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/assets/site.css" />
    ${head}
  </head>
  <body>
    <main>
      <h1>${SITE}</h1>
      ${body}
    </main>
  </body>
</html>
`;
}

function field(label, attributes) {
  const text = Object.entries({ value: '', ...attributes })
    .map(([name, value]) => `${name}="${escape(value ?? '')}"`)
    .join(' ');
  return `<label>${label} <input ${text} required /></label>`;
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text) {
  return String(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}
