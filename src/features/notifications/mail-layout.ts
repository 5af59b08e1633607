import { escapeHtml } from '../../kernel/html.js';
import type { Language } from '../../kernel/language.js';
import { oneLine } from './invitation-values.js';

/** One part of a mail, from top to bottom. */
type Block =
  /** Paragraphs, divided by empty lines. `link`, wherever it stands in the text, can be clicked. */
  | { readonly kind: 'text'; readonly text: string; readonly link?: string }
  /** Digits to be typed elsewhere. */
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] }
  /** Only in the HTML: in text the link stands for it. */
  | { readonly kind: 'qr'; readonly cid: string; readonly alt: string; readonly sizePixels: number }
  /** Only in the HTML. */
  | { readonly kind: 'button'; readonly label: string; readonly link: string }
  /** Small print. */
  | { readonly kind: 'note'; readonly text: string };

interface MailPage {
  readonly language: Language;
  readonly title: string;
  /** Who writes. */
  readonly brand: string;
  readonly blocks: readonly Block[];
}

export interface LaidOutMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const MAX_SUBJECT = 200;

export function layOutMail(
  { to, language }: { readonly to: string; readonly language: Language },
  subject: string,
  page: Omit<MailPage, 'language' | 'title'>,
): LaidOutMail {
  const whole = { ...page, language, title: subject };
  return {
    to,
    subject: oneLine(subject).slice(0, MAX_SUBJECT),
    text: renderText(whole),
    html: renderHtml(whole),
  };
}

function renderText({ brand, blocks }: MailPage): string {
  const parts = blocks.map(blockAsText).filter((part) => part !== '');
  return [...parts, `-- \n${oneLine(brand)}`].join('\n\n') + '\n';
}

function blockAsText(block: Block): string {
  switch (block.kind) {
    case 'text':
    case 'note':
      return block.text.trim();
    case 'code':
      return `    ${block.code}`;
    case 'facts':
      return block.facts.map(([name, value]) => `${name}: ${oneLine(value)}`).join('\n');
    case 'qr':
    case 'button':
      return '';
  }
}

/** Styles stand at the elements: mail programs drop style sheets. Colours are left to dark modes where they are not needed. */
function renderHtml({ language, title, brand, blocks }: MailPage): string {
  return `<!doctype html>
<html lang="${language.toLowerCase()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px 12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<table role="presentation" align="center" width="100%" style="max-width:520px;border-spacing:0">
<tr><td style="padding:0 0 16px;font-weight:600;color:#2f6fed">${escapeHtml(brand)}</td></tr>
<tr><td style="padding:24px;border:1px solid #9ca3af55;border-radius:12px">
${blocks.map(blockAsHtml).join('\n')}
</td></tr>
</table>
</body>
</html>
`;
}

function blockAsHtml(block: Block): string {
  switch (block.kind) {
    case 'text':
      return paragraphs(block.text, block.link);
    case 'note':
      return `<p style="margin:16px 0 0;font-size:13px;opacity:.75">${withBreaks(block.text)}</p>`;
    case 'code':
      return `<p style="margin:16px 0;font:600 32px/1.3 ui-monospace,Menlo,Consolas,monospace;letter-spacing:6px">${escapeHtml(block.code)}</p>`;
    case 'facts':
      return factTable(block.facts);
    case 'qr':
      return image(block);
    case 'button':
      return `<p style="margin:16px 0;text-align:center"><a href="${escapeHtml(block.link)}" style="display:inline-block;padding:10px 20px;border-radius:8px;background:#2563eb;color:#ffffff;text-decoration:none;font-weight:600">${escapeHtml(block.label)}</a></p>`;
  }
}

function paragraphs(text: string, link: string | undefined): string {
  const html = text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => `<p style="margin:0 0 12px">${withBreaks(paragraph)}</p>`)
    .join('\n');
  if (link === undefined) return html;
  const escaped = escapeHtml(link);
  return html
    .split(escaped)
    .join(`<a href="${escaped}" style="color:#2f6fed;word-break:break-all">${escaped}</a>`);
}

function factTable(facts: readonly (readonly [string, string])[]): string {
  const rows = facts.map(
    ([name, value]) =>
      `<tr><td style="padding:4px 16px 4px 0;opacity:.75">${escapeHtml(name)}</td><td style="padding:4px 0;font-weight:600">${escapeHtml(value)}</td></tr>`,
  );
  return `<table role="presentation" style="margin:8px 0 16px;border-collapse:collapse">${rows.join('')}</table>`;
}

/** White around it, or a dark mode would eat the quiet zone. */
function image({ cid, alt, sizePixels }: Extract<Block, { kind: 'qr' }>): string {
  const size = String(sizePixels);
  return `<p style="margin:16px 0;text-align:center"><img src="cid:${escapeHtml(cid)}" width="${size}" height="${size}" alt="${escapeHtml(alt)}" style="background:#ffffff;border-radius:8px"></p>`;
}

function withBreaks(text: string): string {
  return escapeHtml(text.trim()).replace(/\r?\n/g, '<br>\n');
}
