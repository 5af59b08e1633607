import { oneLine, type Recipient } from './invitation-values.js';
import { renderHtml, renderText, type MailPage } from './mail-layout.js';
import type { Texts } from './texts/text-shape.js';
import { textsIn } from './texts/texts.js';

const MAX_SUBJECT = 200;

export interface WebhookDisabledFacts extends Pick<Recipient, 'to' | 'language'> {
  readonly projectName: string;
  readonly description: string;
  /** Scheme, host and port: more of the URL may be secret. */
  readonly origin: string;
  readonly reason: keyof Texts['webhooksOff']['reasons'];
}

/** To whoever looks after the receiver. */
export function webhookDisabledMail(facts: WebhookDisabledFacts): {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
} {
  const { to, language, projectName, description, origin, reason } = facts;
  const { product, facts: names, webhooksOff: texts } = textsIn(language);
  const subject = oneLine(texts.subject(projectName)).slice(0, MAX_SUBJECT);
  const known: (readonly [string, string])[] = [
    [texts.facts.receiver, origin],
    [texts.facts.description, description],
    [names.project, projectName],
  ];
  const page: MailPage = {
    title: subject,
    language,
    brand: product,
    blocks: [
      { kind: 'text', text: texts.reasons[reason] },
      { kind: 'facts', facts: known.filter(([, value]) => value !== '') },
      { kind: 'text', text: texts.advice },
    ],
  };
  return { to, subject, text: renderText(page), html: renderHtml(page) };
}
