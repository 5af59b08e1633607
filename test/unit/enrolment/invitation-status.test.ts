import { ENROLMENT_STATUSES } from '../../../src/features/enrolment/enrolment-status';
import {
  INVITATION_STATUSES,
  invitationStatusOf,
  type InvitationStatus,
} from '../../../src/features/enrolment/invitations/invitation-status';

type Invited = Parameters<typeof invitationStatusOf>[0];
type MobileId = NonNullable<Parameters<typeof invitationStatusOf>[1]>;

const NOW = new Date('2026-03-04T12:00:00Z');
const PAST = new Date(NOW.getTime() - 1);
const FUTURE = new Date(NOW.getTime() + 1);
const SENT: Invited = {
  status: 'WAITING_FOR_SCAN',
  channel: 'EMAIL',
  delivery: 'SENT',
  openedAt: null,
  codeExpiresAt: FUTURE,
  expiresAt: FUTURE,
};
const DONE: Invited = { ...SENT, status: 'ACTIVE', codeExpiresAt: PAST, expiresAt: PAST };
const MOBILE_ID: MobileId = { state: 'ACTIVE', suspendedBy: [], validTo: FUTURE };

test.each<[InvitationStatus, string, Partial<Invited>]>([
  ['QUEUED', 'before it is handed over', { status: 'DELIVERING', delivery: 'QUEUED' }],
  ['QUEUED', 'where nothing was noted of it yet', { status: 'DELIVERING', delivery: null }],
  ['SENT', 'once the next server has it', { status: 'DELIVERING', delivery: 'SENT' }],
  ['SENT', 'while nobody has opened it', {}],
  ['SENT', 'by text message alike', { channel: 'SMS' }],
  ['SENT', 'where it waits, whatever was noted', { delivery: 'QUEUED' }],
  ['SENT', 'where it waits, and nothing was noted', { delivery: null }],
  ['BOUNCED', 'once it has come back', { delivery: 'BOUNCED' }],
  ['BOUNCED', 'also before its hand-over is noted', { status: 'DELIVERING', delivery: 'BOUNCED' }],
  ['OPENED', 'once its link was opened', { openedAt: PAST }],
  [
    'OPENED',
    'where a phone was faster than its delivery',
    { status: 'DELIVERING', openedAt: PAST },
  ],
  [
    'OPENED',
    'where one copy came back, but another was opened',
    { delivery: 'BOUNCED', openedAt: PAST },
  ],
  ['OPENED', 'once a phone has scanned it', { status: 'SCANNED' }],
  ['OPENED', 'while the phone is to be confirmed', { status: 'AWAITING_CONFIRMATION' }],
  ['OPENED', 'once it is', { status: 'CONFIRMED' }],
  ['OPENED', 'while certificates are issued', { status: 'ISSUING' }],
  ['OPENED', 'with a phone, whenever the code ran out', { status: 'SCANNED', codeExpiresAt: PAST }],
  ['EXPIRED', 'once its code has run out', { status: 'CODE_EXPIRED', openedAt: PAST }],
  ['EXPIRED', 'at the instant at which its code runs out', { codeExpiresAt: NOW, openedAt: PAST }],
  ['EXPIRED', 'at the end of all', { status: 'SCANNED', expiresAt: NOW }],
  ['EXPIRED', 'once that was noticed', { status: 'EXPIRED' }],
  ['SUPERSEDED', 'by a newer one', { status: 'SUPERSEDED', openedAt: PAST }],
  ['CANCELLED', 'by whomever', { status: 'CANCELLED', delivery: 'BOUNCED' }],
  ['FAILED', 'for whatever reason', { status: 'FAILED', delivery: 'FAILED' }],
])('an invitation is %s %s', (expected, _when, facts) => {
  expect(invitationStatusOf({ ...SENT, ...facts }, null, NOW)).toBe(expected);
});

test.each<[InvitationStatus, string, Partial<MobileId>]>([
  ['ACTIVE', 'is active', {}],
  ['ACTIVE', 'is suspended by its holder', { state: 'INACTIVE', suspendedBy: ['HOLDER'] }],
  ['ACTIVE', 'is suspended by an operator', { state: 'INACTIVE', suspendedBy: ['OPERATOR'] }],
  ['ACTIVE', 'is suspended with the account', { state: 'INACTIVE', suspendedBy: ['ACCOUNT'] }],
  ['RESET', 'was revoked', { state: 'REVOKED' }],
  ['RESET', 'was revoked, and would have run out', { state: 'REVOKED', validTo: PAST }],
  ['RESET', 'was taken away with the membership', { state: 'INACTIVE', suspendedBy: ['PROJECT'] }],
  ['RESET', 'was so beside others', { state: 'INACTIVE', suspendedBy: ['HOLDER', 'PROJECT'] }],
  ['EXPIRED', 'has run out', { state: 'EXPIRED', validTo: PAST }],
  ['EXPIRED', 'has run out unnoticed', { validTo: NOW }],
])('an invitation is %s where the mobile ID %s', (expected, _what, facts) => {
  expect(invitationStatusOf(DONE, { ...MOBILE_ID, ...facts }, NOW)).toBe(expected);
});

test('an invitation is RESET where its mobile ID is not there any more', () => {
  expect(invitationStatusOf(DONE, null, NOW)).toBe('RESET');
});

test.each([...ENROLMENT_STATUSES])('an order on screen is no invitation, %s or not', (status) => {
  expect(invitationStatusOf({ ...SENT, channel: 'SCREEN', status }, MOBILE_ID, NOW)).toBeNull();
});

test.each([...ENROLMENT_STATUSES])('a mailed order has a status while it is %s', (status) => {
  const found = invitationStatusOf({ ...SENT, status }, MOBILE_ID, NOW);
  expect(INVITATION_STATUSES).toContain(found);
});
