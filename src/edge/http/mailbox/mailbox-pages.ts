import { escapeHtml } from '../../../kernel/html.js';
import type { StoredMail } from '../../../platform/delivery/mailbox.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --quiet: light-dark(#5b6472, #9aa4b2); --link: light-dark(#1d4ed8, #93b4ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 860px; padding: 32px 16px; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  background: light-dark(#fff, #14171c); color: light-dark(#14171c, #e6e9ee); }
h1 { margin: 0 0 4px; font-size: 24px; }
a { color: var(--link); }
p, time, dd { color: var(--quiet); }
ol { list-style: none; margin: 24px 0; padding: 0; border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
li + li { border-top: 1px solid var(--line); }
li a { display: grid; grid-template-columns: 1fr auto; gap: 0 16px; padding: 12px 16px; text-decoration: none; color: inherit; }
@media (max-width: 540px) { li a { grid-template-columns: 1fr; } li time { order: 1; } }
li a:hover, li a:focus-visible { background: #8881; }
li strong { overflow-wrap: anywhere; }
li span { color: var(--quiet); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 16px; margin: 12px 0 20px; }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 720px; border: 1px solid var(--line); border-radius: 12px; background: Canvas; }
pre { padding: 16px; border: 1px solid var(--line); border-radius: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }`;

/** Looks for new mails every few seconds: there is no script that could. */
export function mailListPage(mails: readonly StoredMail[], path: string): string {
  const rows = mails.map(
    (mail) =>
      `<li><a href="${escapeHtml(`${path}/${mail.id}`)}"><strong>${escapeHtml(mail.subject)}</strong>${time(mail.at)}<span>${escapeHtml(mail.to)}</span></a></li>`,
  );
  const list =
    rows.length === 0
      ? '<p>No mail yet. It appears here by itself.</p>'
      : `<ol>${rows.join('\n')}</ol>`;
  return page(
    'Mailbox',
    `<h1>Mailbox</h1><p>What Signet would have mailed or texted, newest first. For trying out only.</p>${list}`,
    '<meta http-equiv="refresh" content="4">',
  );
}

export function mailPage(mail: StoredMail, path: string): string {
  return page(
    mail.subject,
    `<p><a href="${escapeHtml(path)}">All mails</a></p>
<h1>${escapeHtml(mail.subject)}</h1>
<dl><dt>From</dt><dd>${escapeHtml(mail.from)}</dd><dt>To</dt><dd>${escapeHtml(mail.to)}</dd><dt>Sent</dt><dd>${time(mail.at)}</dd></dl>
${
  mail.kind === 'SMS'
    ? plainText(mail)
    : `${frame(mail.html)}
<details><summary>As plain text</summary>${plainText(mail)}</details>`
}`,
  );
}

function plainText({ text }: StoredMail): string {
  return `<pre>${escapeHtml(text)}</pre>`;
}

/** No script and no origin for what the mail holds; its links open in a tab of their own, which is free again. */
function frame(html: string): string {
  if (html === '') return '';
  const document = html.replace(/<head>/i, '<head><base target="_blank">');
  return `<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" srcdoc="${escapeHtml(document)}"></iframe>`;
}

function time(at: Date): string {
  const iso = at.toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<title>${escapeHtml(title)} · Signet</title>
<style>${STYLE}</style>
</head>
<body>
<main>${body}</main>
</body>
</html>
`;
}
