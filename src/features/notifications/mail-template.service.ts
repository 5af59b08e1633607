import { qrPng } from '../qr/qr.service.js';
import { expandTemplate } from '../../kernel/template.js';
import type { Mail } from '../../platform/mail/mailer.js';
import {
  instant,
  invitationValues,
  oneLine,
  type InvitationFacts,
  type Recipient,
} from './invitation-values.js';
import { layOutMail } from './mail-layout.js';
import { textsIn } from './texts/texts.js';

/** A mail that is ready to be sent. */
export type ComposedMail = Pick<Mail, 'to' | 'subject' | 'text' | 'html' | 'inlineImages'>;

const QR_CID = 'qr-code';
/** Drawn twice as large as shown, for sharp screens. */
const QR_SHOWN_PIXELS = 240;

export interface SignInCodeFacts extends Recipient {
  readonly code: string;
  readonly validSeconds: number;
}

export interface PasswordLinkFacts extends Recipient {
  /** The name to sign in with. */
  readonly username: string;
  readonly link: string;
  readonly expiresAt: Date;
}

export interface InvitationMailFacts extends InvitationFacts {
  /** What the QR code says: the same code, for the phone page. */
  readonly scanned: string;
  /** The project's own texts, with placeholders. */
  readonly emailSubject: string;
  readonly emailMessage: string;
}

export interface CompletedFacts extends Recipient {
  readonly projectName: string;
  readonly serverName: string;
  readonly profileName: string;
  readonly deviceName: string;
}

export interface FailedFacts extends Recipient {
  readonly projectName: string;
  readonly serverName: string;
  /** Null where none was made. */
  readonly profileName: string | null;
  /** Null where no phone scanned the code. */
  readonly deviceName: string | null;
  /** Why it failed: a code, and the English sentence for it. */
  readonly failure: { readonly code: string; readonly title: string };
}

export interface MemberRemovedFacts extends Recipient {
  readonly projectName: string;
  readonly serverName: string;
}

interface MobileIdFacts extends CompletedFacts {
  /** The end of its validity. */
  readonly endsAt: Date;
}

export interface ExpiryFacts extends MobileIdFacts {
  /** Days until then, at most. */
  readonly daysLeft: number;
  /** Of the phone page: not secret, and of use on the phone alone. */
  readonly link: string;
}

/** The second factor itself: six digits and nothing to click. */
export function signInCodeMail(facts: SignInCodeFacts): ComposedMail {
  const minutes = Math.max(1, Math.floor(facts.validSeconds / 60));
  const { product, signInCode: texts } = textsIn(facts.language);
  return layOutMail(facts, texts.subject, {
    brand: product,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName)) },
      { kind: 'code', code: facts.code },
      { kind: 'text', text: texts.validity(minutes) },
      { kind: 'note', text: texts.unasked },
    ],
  });
}

/** To a user who never had a password. */
export function passwordInvitationMail(facts: PasswordLinkFacts): ComposedMail {
  const texts = textsIn(facts.language);
  const { subject, opening } = texts.passwordInvitation;
  return passwordLinkMail(facts, { subject, opening, notes: [texts.passwordLink.secrecy] });
}

export function passwordResetMail(facts: PasswordLinkFacts): ComposedMail {
  const texts = textsIn(facts.language);
  const { subject, opening, unasked } = texts.passwordReset;
  return passwordLinkMail(facts, {
    subject,
    opening,
    notes: [texts.passwordLink.secrecy, unasked],
  });
}

/** Nothing to click, and nothing secret: whoever reads it can only be warned. */
export function passwordChangedMail(recipient: Recipient): ComposedMail {
  const { product, passwordChanged } = textsIn(recipient.language);
  const { subject, opening, unasked } = passwordChanged;
  return layOutMail(recipient, subject, {
    brand: product,
    blocks: [
      { kind: 'text', text: opening(oneLine(recipient.displayName)) },
      { kind: 'note', text: unasked },
    ],
  });
}

function passwordLinkMail(
  facts: PasswordLinkFacts,
  texts: {
    readonly subject: string;
    readonly opening: (displayName: string) => string;
    readonly notes: readonly string[];
  },
): ComposedMail {
  const { displayName, username, link, expiresAt, language } = facts;
  const { product, passwordLink } = textsIn(language);
  const { button, userName, validity } = passwordLink;
  return layOutMail(facts, texts.subject, {
    brand: product,
    blocks: [
      { kind: 'text', text: `${texts.opening(oneLine(displayName))}\n\n${link}`, link },
      { kind: 'button', label: button, link },
      { kind: 'facts', facts: [[userName, username]] },
      { kind: 'text', text: validity(instant(expiresAt, language)) },
      ...texts.notes.map((text) => ({ kind: 'note', text }) as const),
    ],
  });
}

/** The project's text with the QR code as inline image, and the link of a page that shows it. */
export async function invitationMail(facts: InvitationMailFacts): Promise<ComposedMail> {
  const values = invitationValues(facts);
  const texts = textsIn(facts.language).invitation;
  const subject = expandTemplate(facts.emailSubject, values);
  const message = expandTemplate(facts.emailMessage, values);
  const text = message.includes(facts.link) ? message : `${message}\n\n${facts.link}`;
  const mail = layOutMail(facts, subject, {
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text, link: facts.link },
      { kind: 'qr', cid: QR_CID, alt: texts.qrAlternative, sizePixels: QR_SHOWN_PIXELS },
      { kind: 'button', label: texts.button, link: facts.link },
      { kind: 'note', text: texts.secrecy },
    ],
  });
  const png = await qrPng(facts.scanned, 2 * QR_SHOWN_PIXELS);
  return { ...mail, inlineImages: [{ cid: QR_CID, png }] };
}

export function completedMail(facts: CompletedFacts): ComposedMail {
  const { completed: texts } = textsIn(facts.language);
  const subject = texts.subject(facts.projectName);
  return layOutMail(facts, subject, {
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName)) },
      { kind: 'facts', facts: mobileIdFacts(facts) },
      { kind: 'note', text: texts.unasked },
    ],
  });
}

export function failedMail(facts: FailedFacts): ComposedMail {
  const { failed: texts } = textsIn(facts.language);
  const subject = texts.subject(facts.projectName);
  const { facts: names } = textsIn(facts.language);
  const { code, title } = facts.failure;
  const known: (readonly [string, string | null])[] = [
    [names.profile, facts.profileName],
    [names.device, facts.deviceName],
    [names.project, facts.projectName],
    [names.reason, Object.hasOwn(texts.reasons, code) ? (texts.reasons[code] ?? title) : title],
  ];
  return layOutMail(facts, subject, {
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName)) },
      {
        kind: 'facts',
        facts: known.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
      },
      { kind: 'text', text: texts.advice },
    ],
  });
}

/** What runs out, until when it can be renewed, and how. */
export function expiryMail(facts: ExpiryFacts): ComposedMail {
  const { expires: texts } = textsIn(facts.language);
  const subject = texts.subject(facts.projectName, facts.daysLeft);
  const { link } = facts;
  return layOutMail(facts, subject, {
    brand: facts.serverName,
    blocks: [
      {
        kind: 'text',
        text: texts.opening(oneLine(facts.displayName), instant(facts.endsAt, facts.language)),
      },
      { kind: 'facts', facts: mobileIdFacts(facts) },
      { kind: 'text', text: texts.howTo(oneLine(facts.deviceName), link), link },
      { kind: 'button', label: texts.button, link },
      { kind: 'note', text: texts.otherwise },
    ],
  });
}

export function renewedMail(facts: MobileIdFacts): ComposedMail {
  const { renewed: texts } = textsIn(facts.language);
  const subject = texts.subject(facts.projectName);
  return layOutMail(facts, subject, {
    brand: facts.serverName,
    blocks: [
      {
        kind: 'text',
        text: texts.opening(oneLine(facts.displayName), instant(facts.endsAt, facts.language)),
      },
      { kind: 'facts', facts: mobileIdFacts(facts) },
      { kind: 'note', text: texts.unasked },
    ],
  });
}

/** To who is no longer in a project. */
export function memberRemovedMail(facts: MemberRemovedFacts): ComposedMail {
  const { memberRemoved: texts } = textsIn(facts.language);
  const projectName = oneLine(facts.projectName);
  return layOutMail(facts, texts.subject(projectName), {
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName), projectName) },
      { kind: 'note', text: texts.advice },
    ],
  });
}

function mobileIdFacts(facts: CompletedFacts): (readonly [string, string])[] {
  const { facts: names } = textsIn(facts.language);
  return [
    [names.profile, facts.profileName],
    [names.device, facts.deviceName],
    [names.project, facts.projectName],
  ];
}
