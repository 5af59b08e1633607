import type { Language } from '../../../src/kernel/language.js';
import { unknownPlaceholders } from '../../../src/kernel/template.js';
import {
  completedMail,
  expiryMail,
  failedMail,
  invitationMail,
  memberRemovedMail,
  passwordChangedMail,
  passwordInvitationMail,
  passwordResetMail,
  renewedMail,
  signInCodeMail,
} from '../../../src/features/notifications/mail-template.service.js';
import { webhookDisabledMail } from '../../../src/features/notifications/webhook-mail.service.js';
import {
  DEFAULT_TEXTS,
  INVITATION_PLACEHOLDERS,
} from '../../../src/features/notifications/invitation-text.service.js';

const HOSTILE = `<img src=x onerror="alert('1')"> & Söhne`;
const ESCAPED = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; Söhne';
const LINK = 'https://id.example.org/i#AbCdEfGhIjKlMnOpQrStUv';
const PASSWORD_LINK = 'https://id.example.org/set-password#AbCd.EfGhIjKlMnOpQrStUv';
const EXPIRES = new Date('2026-11-28T18:30:00Z');
const PROJECT = { projectName: 'Staff', serverName: 'Example ID' };
const EN = 'EN' as const;
const TEXTS = DEFAULT_TEXTS.EN;
const SCANNED = 'https://id.example.org/m#AbCdEfGhIjKlMnOpQrStUv';
const INVITATION = {
  to: 'a@example.org',
  displayName: 'Alva',
  language: EN,
  scanned: SCANNED,
  ...PROJECT,
  link: LINK,
  expiresAt: EXPIRES,
};

const EXPIRING = { endsAt: EXPIRES, daysLeft: 14, link: 'https://id.example.org/m' };

/** A mail of every kind, with the given names. */
async function allMails(
  name: string,
  language: Language = 'EN',
): Promise<readonly { html: string; subject: string }[]> {
  const recipient = { to: 'a@example.org', displayName: name, language };
  const project = { projectName: name, serverName: name };
  const link = { ...recipient, username: name, link: PASSWORD_LINK, expiresAt: EXPIRES };
  return [
    passwordInvitationMail(link),
    passwordResetMail(link),
    passwordChangedMail(recipient),
    signInCodeMail({ ...recipient, code: '012345', validSeconds: 600 }),
    await invitationMail({ ...INVITATION, ...recipient, ...project, ...DEFAULT_TEXTS[language] }),
    completedMail({ ...recipient, ...project, profileName: name, deviceName: name }),
    expiryMail({ ...recipient, ...project, ...EXPIRING, profileName: name, deviceName: name }),
    renewedMail({ ...recipient, ...project, ...EXPIRING, profileName: name, deviceName: name }),
    failedMail({
      ...{ ...recipient, ...project, profileName: name, deviceName: name },
      failure: { code: 'INTERNAL', title: name },
    }),
    memberRemovedMail({ ...recipient, ...project }),
  ];
}

describe('every mail', () => {
  test('shows names as text, whatever they hold', async () => {
    for (const { html } of await allMails(HOSTILE)) {
      expect(html).toContain(ESCAPED);
      expect(html).not.toContain('<img src=x');
    }
  });

  test('has a subject of one line of at most 200 characters', async () => {
    for (const { subject } of await allMails(
      `Eve\r\nBcc: victim@example.org\u0000${'x'.repeat(300)}`,
    )) {
      expect(subject).toMatch(/^[^\r\n\0]{1,200}$/);
    }
  });

  test('goes to the one address that was given', async () => {
    expect((await allMails('Alva')).map((mail) => (mail as unknown as { to: string }).to)).toEqual(
      Array(10).fill('a@example.org'),
    );
  });

  test('can be had in German, with no English left in it', async () => {
    const mails = await allMails('Alva', 'DE');
    for (const { html, subject } of mails) {
      expect(html).toContain('<html lang="de">');
      expect(html).toContain('Guten Tag Alva');
      expect(`${subject} ${html}`).not.toMatch(/\b(?:Your|your|Hello|and|the|with)\b/);
    }
  });

  test('fetches nothing from anywhere', async () => {
    for (const { html } of await allMails('Alva')) {
      expect(html).not.toMatch(/src="(?!cid:)|url\(|<script|<link/);
    }
  });
});

describe('the mail with a sign-in code', () => {
  const mail = signInCodeMail({
    to: 'a@example.org',
    displayName: 'Alva',
    language: EN,
    code: '012345',
    validSeconds: 600,
  });

  test('shows the six digits and how long they are good for, in both parts', () => {
    expect(mail.subject).toBe('Your Signet code');
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain('012345');
      expect(part).toContain('10 minutes');
      expect(part).toContain('If you did not ask for a code');
    }
  });

  test('does not show the code in the subject, which lock screens display', () => {
    expect(mail.subject).not.toContain('012345');
  });

  test('holds nothing to click', () => {
    expect(mail.html).not.toContain('<a ');
  });
});

describe('a mail about a password', () => {
  const facts = {
    to: 'a@example.org',
    displayName: 'Alva',
    language: EN,
    username: 'alva',
    link: PASSWORD_LINK,
    expiresAt: EXPIRES,
  };

  test.each([
    ['an invitation', passwordInvitationMail(facts)],
    ['a reset', passwordResetMail(facts)],
  ])(
    'holds the link, the user name and the end, and no secret in the subject (%s)',
    (_what, mail) => {
      for (const part of [mail.text, mail.html]) {
        expect(part).toContain(PASSWORD_LINK);
        expect(part).toContain('alva');
        expect(part).toContain('works once, until 28 November 2026 at 18:30 UTC');
      }
      expect(mail.subject).not.toContain('#');
    },
  );

  test('of a reset says what to do for who did not ask for it', () => {
    expect(passwordResetMail(facts).text).toContain('If you did not ask for it, ignore this mail');
  });

  test('that was changed holds nothing to click', () => {
    const { html } = passwordChangedMail({
      to: 'a@example.org',
      displayName: 'Alva',
      language: EN,
    });
    expect(html).not.toContain('<a ');
  });
});

describe('an invitation', () => {
  test('says what the project wrote, with its placeholders filled in', async () => {
    const mail = await invitationMail({
      ...INVITATION,
      emailSubject: '{projectName} for {displayName}',
      emailMessage: 'Dear {displayName},\n\n{serverName} says: {link} until {expiresAt}.',
    });
    expect(mail.subject).toBe('Staff for Alva');
    expect(mail.text).toContain('Dear Alva,\n\nExample ID says: ');
    expect(mail.text).toContain(`${LINK} until 28 November 2026 at 18:30 UTC.`);
    expect(mail.html).toContain('<p style="margin:0 0 12px">Dear Alva,</p>');
  });

  test('carries the link in its text even where the project forgot it', async () => {
    const mail = await invitationMail({
      ...INVITATION,
      emailSubject: 'Hi',
      emailMessage: 'Scan the code.',
    });
    expect(mail.text).toContain(`Scan the code.\n\n${LINK}\n`);
    expect(mail.html).toContain(`href="${LINK}"`);
  });

  test('shows its QR code from within', async () => {
    const mail = await invitationMail({ ...INVITATION, ...TEXTS });
    expect(mail.inlineImages).toEqual([{ cid: 'qr-code', png: expect.any(Buffer) as Buffer }]);
    expect(mail.html).toContain('src="cid:qr-code"');
  });

  test('fills in once: braces in a name stay as they are', async () => {
    const mail = await invitationMail({
      ...INVITATION,
      displayName: '{link}',
      emailSubject: 'Hi',
      emailMessage: 'Dear {displayName}.',
    });
    expect(mail.text).toContain('Dear {link}.');
  });

  test('what the project wrote is text too, not HTML', async () => {
    const mail = await invitationMail({
      ...INVITATION,
      emailSubject: HOSTILE,
      emailMessage: HOSTILE,
    });
    expect(mail.html).toContain(ESCAPED);
    expect(mail.html).not.toContain('<img src=x');
  });
});

describe('a notice', () => {
  test('of success names profile, phone and project', () => {
    const mail = completedMail({
      to: 'a@example.org',
      displayName: 'Alva',
      language: EN,
      ...PROJECT,
      profileName: 'Alva at work',
      deviceName: 'Pixel 9',
    });
    expect(mail.subject).toBe('Your mobile ID for Staff is active');
    expect(mail.text).toContain('Mobile ID: Alva at work\nPhone: Pixel 9\nProject: Staff');
  });

  test('of failure gives the reason, and leaves out what is not known', () => {
    const mail = failedMail({
      to: 'a@example.org',
      displayName: 'Alva',
      language: EN,
      ...PROJECT,
      profileName: null,
      deviceName: null,
      failure: { code: 'INTERNAL', title: 'The confirmation code was wrong five times.' },
    });
    expect(mail.subject).toBe('Your mobile ID for Staff was not set up');
    expect(mail.text).toContain(
      'Project: Staff\nReason: The confirmation code was wrong five times.',
    );
    expect(mail.text).not.toMatch(/Phone:|null/);
  });
});

test('the reason of a failure is told in German where there is a sentence for it', () => {
  const facts = { ...INVITATION, language: 'DE' as const, profileName: null, deviceName: null };
  const failure = { code: 'CONFIRMATION_WRONG', title: 'The confirmation code is wrong.' };
  expect(failedMail({ ...facts, failure }).text).toContain(
    'Grund: Der Bestätigungscode ist falsch.',
  );
  const other = { code: 'constructor', title: 'Something else.' };
  expect(failedMail({ ...facts, failure: other }).text).toContain('Grund: Something else.');
});

test('our own texts use known placeholders only', () => {
  for (const texts of Object.values(DEFAULT_TEXTS)) {
    const template = Object.values(texts).join('');
    expect(unknownPlaceholders(template, INVITATION_PLACEHOLDERS)).toEqual([]);
  }
});

test.each([
  [14, 'in 14 days'],
  [1, 'within a day'],
])('what runs out in %i days says so, and where it can be renewed', (daysLeft, when) => {
  const names = { profileName: 'Staff ID', deviceName: 'Pixel 9' };
  const mail = expiryMail({ ...INVITATION, ...EXPIRING, ...names, daysLeft });
  expect(mail.subject).toBe(`Your mobile ID for Staff runs out ${when}`);
  expect(mail.text).toContain('28 November 2026 at 18:30 UTC');
  expect(mail.text).toContain('(Pixel 9)');
  expect(mail.html).toContain('href="https://id.example.org/m"');
});

test('what was renewed says until when it is good, and what to do if that was somebody else', () => {
  const names = { profileName: 'Staff ID', deviceName: 'Pixel 9' };
  const mail = renewedMail({ ...INVITATION, ...names, endsAt: EXPIRES });
  expect(mail.subject).toBe('Your mobile ID for Staff was renewed');
  expect(mail.text).toContain('28 November 2026 at 18:30 UTC');
  expect(mail.text).toContain('revoke it');
});

describe('the mail that webhooks are turned off', () => {
  const facts = {
    to: 'a@example.org',
    origin: 'https://host.example.org',
    ...{ projectName: HOSTILE, description: HOSTILE, reason: 'GONE' as const },
  };

  test('shows names as text, in a subject of one line', () => {
    const projectName = `${HOSTILE}\r\nBcc: victim@example.org`;
    const mail = webhookDisabledMail({ ...facts, projectName, language: 'EN' });
    expect(mail.html.split(ESCAPED)).toHaveLength(4);
    expect(mail.html).not.toContain('<img src=x');
    expect(mail.subject).toMatch(/^Webhooks of [^\r\n]{1,180} are turned off$/);
  });

  test.each(['FAILING', 'GONE', 'ADMINISTRATOR'] as const)(
    'can be had in German, with no English left in it (%s)',
    (reason) => {
      const { subject, html, text } = webhookDisabledMail({
        ...{ ...facts, projectName: 'Staff', description: 'CRM', reason },
        language: 'DE',
      });
      expect(subject).toBe('Die Webhooks von Staff sind ausgeschaltet');
      expect(html).toContain('<html lang="de">');
      expect(text).toContain(
        'Empfänger: https://host.example.org\nBeschreibung: CRM\nProjekt: Staff',
      );
      expect(text).not.toMatch(/\b(?:turned|address|the|Nothing|administrator)\b/);
    },
  );
});
