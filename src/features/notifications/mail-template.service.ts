import { qrPng } from '../qr/qr.service.js';
import { expandTemplate } from '../../kernel/template.js';
import type { ComposedMail } from './mail-delivery.service.js';
import { oneLine, renderHtml, renderText, type MailPage } from './mail-layout.js';
import { TEXTS } from './mail-texts.js';

const QR_CID = 'qr-code';
/** Drawn twice as large as shown, for sharp screens. */
const QR_SHOWN_PIXELS = 240;
const MAX_SUBJECT = 200;

interface Recipient {
  /** The address. */
  readonly to: string;
  readonly displayName: string;
}

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

export interface InvitationFacts extends Recipient {
  readonly projectName: string;
  readonly serverName: string;
  readonly link: string;
  readonly expiresAt: Date;
  /** The project's own texts, with placeholders. */
  readonly subject: string;
  readonly message: string;
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
  /** A sentence that the user may read. */
  readonly reason: string;
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
  const texts = TEXTS.signInCode;
  return compose(facts.to, texts.subject, {
    title: texts.subject,
    brand: TEXTS.product,
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
  const { subject, opening } = TEXTS.passwordInvitation;
  return passwordLinkMail(facts, { subject, opening, notes: [TEXTS.passwordLink.secrecy] });
}

export function passwordResetMail(facts: PasswordLinkFacts): ComposedMail {
  const { subject, opening, unasked } = TEXTS.passwordReset;
  return passwordLinkMail(facts, {
    subject,
    opening,
    notes: [TEXTS.passwordLink.secrecy, unasked],
  });
}

/** Nothing to click, and nothing secret: whoever reads it can only be warned. */
export function passwordChangedMail({ to, displayName }: Recipient): ComposedMail {
  const { subject, opening, unasked } = TEXTS.passwordChanged;
  return compose(to, subject, {
    title: subject,
    brand: TEXTS.product,
    blocks: [
      { kind: 'text', text: opening(oneLine(displayName)) },
      { kind: 'note', text: unasked },
    ],
  });
}

function passwordLinkMail(
  { to, displayName, username, link, expiresAt }: PasswordLinkFacts,
  texts: {
    readonly subject: string;
    readonly opening: (displayName: string) => string;
    readonly notes: readonly string[];
  },
): ComposedMail {
  const { button, userName, validity } = TEXTS.passwordLink;
  return compose(to, texts.subject, {
    title: texts.subject,
    brand: TEXTS.product,
    blocks: [
      { kind: 'text', text: `${texts.opening(oneLine(displayName))}\n\n${link}`, link },
      { kind: 'button', label: button, link },
      { kind: 'facts', facts: [[userName, username]] },
      { kind: 'text', text: validity(instant(expiresAt)) },
      ...texts.notes.map((text) => ({ kind: 'note', text }) as const),
    ],
  });
}

/** The project's text with the QR code as inline image and its link. */
export async function invitationMail(facts: InvitationFacts): Promise<ComposedMail> {
  const values = {
    displayName: oneLine(facts.displayName),
    projectName: oneLine(facts.projectName),
    serverName: oneLine(facts.serverName),
    link: facts.link,
    expiresAt: instant(facts.expiresAt),
  };
  const texts = TEXTS.invitation;
  const subject = expandTemplate(facts.subject, values);
  const message = expandTemplate(facts.message, values);
  const text = message.includes(facts.link) ? message : `${message}\n\n${facts.link}`;
  const mail = compose(facts.to, subject, {
    title: subject,
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text, link: facts.link },
      { kind: 'qr', cid: QR_CID, alt: texts.qrAlternative, sizePixels: QR_SHOWN_PIXELS },
      { kind: 'button', label: texts.button, link: facts.link },
      { kind: 'note', text: texts.secrecy },
    ],
  });
  const png = await qrPng(facts.link, 2 * QR_SHOWN_PIXELS);
  return { ...mail, inlineImages: [{ cid: QR_CID, png }] };
}

export function completedMail(facts: CompletedFacts): ComposedMail {
  const texts = TEXTS.completed;
  const subject = texts.subject(facts.projectName);
  return compose(facts.to, subject, {
    title: subject,
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName)) },
      { kind: 'facts', facts: mobileIdFacts(facts) },
      { kind: 'note', text: texts.unasked },
    ],
  });
}

export function failedMail(facts: FailedFacts): ComposedMail {
  const texts = TEXTS.failed;
  const subject = texts.subject(facts.projectName);
  const known: (readonly [string, string | null])[] = [
    [TEXTS.facts.profile, facts.profileName],
    [TEXTS.facts.device, facts.deviceName],
    [TEXTS.facts.project, facts.projectName],
    [TEXTS.facts.reason, facts.reason],
  ];
  return compose(facts.to, subject, {
    title: subject,
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

export function memberRemovedMail(facts: MemberRemovedFacts): ComposedMail {
  const { to, displayName, projectName, serverName } = facts;
  const { subject, opening, otherwise } = TEXTS.memberRemoved;
  const title = subject(projectName);
  return compose(to, title, {
    title,
    brand: serverName,
    blocks: [
      { kind: 'text', text: opening(oneLine(displayName), oneLine(projectName)) },
      { kind: 'note', text: otherwise },
    ],
  });
}

/** What runs out, until when it can be renewed, and how. */
export function expiryMail(facts: ExpiryFacts): ComposedMail {
  const texts = TEXTS.expires;
  const subject = texts.subject(facts.projectName, facts.daysLeft);
  const { link } = facts;
  return compose(facts.to, subject, {
    title: subject,
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName), instant(facts.endsAt)) },
      { kind: 'facts', facts: mobileIdFacts(facts) },
      { kind: 'text', text: texts.howTo(oneLine(facts.deviceName), link), link },
      { kind: 'button', label: texts.button, link },
      { kind: 'note', text: texts.otherwise },
    ],
  });
}

export function renewedMail(facts: MobileIdFacts): ComposedMail {
  const texts = TEXTS.renewed;
  const subject = texts.subject(facts.projectName);
  return compose(facts.to, subject, {
    title: subject,
    brand: facts.serverName,
    blocks: [
      { kind: 'text', text: texts.opening(oneLine(facts.displayName), instant(facts.endsAt)) },
      { kind: 'facts', facts: mobileIdFacts(facts) },
      { kind: 'note', text: texts.unasked },
    ],
  });
}

function mobileIdFacts(facts: CompletedFacts): (readonly [string, string])[] {
  return [
    [TEXTS.facts.profile, facts.profileName],
    [TEXTS.facts.device, facts.deviceName],
    [TEXTS.facts.project, facts.projectName],
  ];
}

function compose(to: string, subject: string, page: MailPage): ComposedMail {
  return {
    to,
    subject: oneLine(subject).slice(0, MAX_SUBJECT),
    text: renderText(page),
    html: renderHtml(page),
  };
}

/** `21 November 2025 at 18:30 UTC` */
function instant(at: Date): string {
  const formatted = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at);
  return `${formatted} UTC`;
}
