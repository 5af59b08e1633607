import {
  statusText,
  type EnrolmentFacts,
} from '../../../src/web/portal/enrolment/enrolment-text.js';
import type { EnrolmentStatus } from '../../../src/web/shared/enrolment-timeline.js';

const ALL: readonly EnrolmentStatus[] = [
  'DELIVERING',
  'WAITING_FOR_SCAN',
  'CODE_EXPIRED',
  'SCANNED',
  'AWAITING_CONFIRMATION',
  'CONFIRMED',
  'ISSUING',
  'ACTIVE',
  'CANCELLED',
  'EXPIRED',
  'FAILED',
  'SUPERSEDED',
];
const FACTS: EnrolmentFacts = {
  channel: 'SCREEN',
  address: 'alva@example.org',
  device: 'Alva’s phone',
  failureCode: null,
};

test('each status has a title and a sentence of its own', () => {
  const texts = ALL.map((status) => statusText(status, FACTS));
  expect(new Set(texts.map(({ title }) => title)).size).toBe(ALL.length);
  expect(new Set(texts.map(({ sentence }) => sentence)).size).toBe(ALL.length);
});

test('the phone that scanned is named', () => {
  expect(statusText('SCANNED', FACTS).title).toBe('Scanned by Alva’s phone');
  expect(statusText('SCANNED', { ...FACTS, device: null }).title).toBe('Scanned by a phone');
});

test('a mailed code names the address', () => {
  expect(statusText('WAITING_FOR_SCAN', { ...FACTS, channel: 'EMAIL' }).sentence).toContain(
    'alva@example.org',
  );
});

test('a code that another session ordered is not promised here', () => {
  const { title, sentence } = statusText('WAITING_FOR_SCAN', { ...FACTS, codeIsElsewhere: true });
  expect(title).not.toContain('Scan this');
  expect(sentence).toContain('shown only where it was ordered');
});

test('a failure says why', () => {
  expect(statusText('FAILED', { ...FACTS, failureCode: 'CONFIRMATION_WRONG' }).sentence).toContain(
    'too often',
  );
  expect(statusText('FAILED', { ...FACTS, failureCode: 'CSR_REJECTED' }).sentence).toContain(
    'not accepted',
  );
});
