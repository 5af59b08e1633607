import { signInCodeSms } from '../../../src/features/notifications/sms-template.service.js';

const FACTS = { to: '+41441234567', code: '012345', validSeconds: 600, host: 'id.example.org' };

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
