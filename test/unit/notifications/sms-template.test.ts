import { DEFAULT_TEXTS } from '../../../src/features/notifications/invitation-text.service.js';
import { partsOf } from '../../../src/platform/sms/sms-parts.js';
import {
  invitationSms,
  signInCodeSms,
} from '../../../src/features/notifications/sms-template.service.js';

const FACTS = {
  to: '+41441234567',
  code: '012345',
  validSeconds: 600,
  host: 'id.example.org',
  language: 'EN',
} as const;
const INVITATION = {
  to: '+41441234567',
  displayName: 'Alva\r\nBcc',
  projectName: 'Staff',
  serverName: 'Example ID',
  language: 'EN',
  link: 'https://id.example.org/i#AbCdEfGhIjKlMnOpQrStUv',
  expiresAt: new Date('2026-11-28T18:30:00Z'),
} as const;

test('the text says whose code it is, how long it is good for, and that it is for nobody else', () => {
  const { to, text } = signInCodeSms(FACTS);
  expect(to).toBe('+41441234567');
  expect(text).toContain('012345 is your Signet code for id.example.org.');
  expect(text).toContain('10 minutes');
  expect(text).toContain('Give it to nobody.');
});

test('the last line binds the code to the site, in the form that browsers read', () => {
  expect(signInCodeSms(FACTS).text.split('\n').at(-1)).toBe('@id.example.org #012345');
});

test('it fits into one message of 160 characters of the GSM alphabet', () => {
  const { text } = signInCodeSms(FACTS);
  expect(text.length).toBeLessThanOrEqual(160);
  expect(text).toMatch(/^[A-Za-z0-9 @#.,:?!'()\n-]+$/);
});

test('an invitation says what the project wrote, on one line for each name', () => {
  const { to, text } = invitationSms({ ...INVITATION, smsMessage: '{displayName}: {link}' });
  expect([to, text]).toEqual(['+41441234567', `Alva Bcc: ${INVITATION.link}`]);
});

test('an invitation that lacks the link has it at its end', () => {
  const { text } = invitationSms({ ...INVITATION, smsMessage: 'Hello' });
  expect(text).toBe(`Hello ${INVITATION.link}`);
});

test.each(['EN', 'DE'] as const)('the usual text in %s fits into one message', (language) => {
  const { smsMessage } = DEFAULT_TEXTS[language];
  const { text } = invitationSms({ ...INVITATION, language, smsMessage });
  expect(partsOf(text)).toMatchObject({ encoding: 'GSM-7', parts: [expect.any(Buffer)] });
  const code = signInCodeSms({ ...FACTS, language }).text;
  expect(partsOf(code)).toMatchObject({ encoding: 'GSM-7', parts: [expect.any(Buffer)] });
});
