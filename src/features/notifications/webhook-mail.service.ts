import { oneLine } from './invitation-values.js';
import { renderHtml, renderText, type MailPage } from './mail-layout.js';

const MAX_SUBJECT = 200;
const TEXTS = {
  brand: 'Signet',
  subject: (projectName: string) => `Webhooks of ${projectName} are turned off`,
  reasons: {
    FAILING: 'Nothing that was sent to this address was taken for three days:',
    GONE: 'The receiver at this address has answered that it wants no more (410):',
    ADMINISTRATOR: 'An administrator has turned off what was sent to this address:',
  },
  facts: { receiver: 'Receiver', description: 'Description', project: 'Project' },
  advice:
    'Nothing is lost: once an administrator turns the endpoint on again, it is told of all that has happened meanwhile.',
} as const;

export interface WebhookDisabledFacts {
  /** The address. */
  readonly to: string;
  readonly projectName: string;
  readonly description: string;
  /** Scheme, host and port: more of the URL may be secret. */
  readonly origin: string;
  readonly reason: keyof typeof TEXTS.reasons;
}

/** To whoever looks after the receiver. */
export function webhookDisabledMail(facts: WebhookDisabledFacts): {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
} {
  const { to, projectName, description, origin, reason } = facts;
  const subject = oneLine(TEXTS.subject(projectName)).slice(0, MAX_SUBJECT);
  const known: (readonly [string, string])[] = [
    [TEXTS.facts.receiver, origin],
    [TEXTS.facts.description, description],
    [TEXTS.facts.project, projectName],
  ];
  const page: MailPage = {
    title: subject,
    language: 'EN',
    brand: TEXTS.brand,
    blocks: [
      { kind: 'text', text: TEXTS.reasons[reason] },
      { kind: 'facts', facts: known.filter(([, value]) => value !== '') },
      { kind: 'text', text: TEXTS.advice },
    ],
  };
  return { to, subject, text: renderText(page), html: renderHtml(page) };
}
