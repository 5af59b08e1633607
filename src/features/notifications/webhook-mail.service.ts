import type { Recipient } from './invitation-values.js';
import { layOutMail, type LaidOutMail } from './mail-layout.js';
import type { Texts } from './texts/text-shape.js';
import { textsIn } from './texts/texts.js';

export interface WebhookDisabledFacts extends Pick<Recipient, 'to' | 'language'> {
  readonly projectName: string;
  readonly description: string;
  /** Scheme, host and port: more of the URL may be secret. */
  readonly origin: string;
  readonly reason: keyof Texts['webhooksOff']['reasons'];
}

/** To whoever looks after the receiver. */
export function webhookDisabledMail(facts: WebhookDisabledFacts): LaidOutMail {
  const { language, projectName, description, origin, reason } = facts;
  const { product, facts: names, webhooksOff: texts } = textsIn(language);
  const known: (readonly [string, string])[] = [
    [texts.facts.receiver, origin],
    [texts.facts.description, description],
    [names.project, projectName],
  ];
  return layOutMail(facts, texts.subject(projectName), {
    brand: product,
    blocks: [
      { kind: 'text', text: texts.reasons[reason] },
      { kind: 'facts', facts: known.filter(([, value]) => value !== '') },
      { kind: 'text', text: texts.advice },
    ],
  });
}
