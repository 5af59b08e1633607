import type { StoredMobileId } from '../../../src/phone/keys/key-store.js';
import { ServerError } from '../../../src/phone/problem.js';
import { RenewalSession } from '../../../src/web/phone/library/renewal-session.js';

const SERVER_URL = 'https://id.example';
const NOW = new Date('2026-01-15T10:00:00.000Z');
const ENDS_AT = '2026-02-01T00:00:00.000Z';
const stored = (id: string, serverUrl = SERVER_URL) =>
  ({ serverUrl, profile: { id } }) as unknown as StoredMobileId;

function setUp({ from = '2026-01-01T00:00:00.000Z', isPending = false } = {}) {
  const renewer = {
    look: jest.fn().mockResolvedValue({ renewableFrom: from, endsAt: ENDS_AT }),
    renew: jest.fn().mockResolvedValue(undefined),
    isPending: jest.fn().mockResolvedValue(isPending),
  };
  const onRenewed = jest.fn().mockResolvedValue(undefined);
  const session = new RenewalSession({ serverUrl: SERVER_URL, renewer, now: () => NOW, onRenewed });
  const stateOf = (id: string) => session.current().get(id);
  return { renewer, onRenewed, session, stateOf };
}

test('what may be renewed is offered, and not renewed before its owner says so', async () => {
  const { renewer, session, stateOf } = setUp();
  await session.look([stored('a')]);
  expect(stateOf('a')).toEqual({ name: 'DUE', endsAt: ENDS_AT });
  expect(renewer.renew).not.toHaveBeenCalled();
});

test('what lasts, and what another server gave out, is not', async () => {
  const { renewer, session, stateOf } = setUp({ from: '2026-01-16T00:00:00.000Z' });
  await session.look([stored('a'), stored('b', 'https://other.example')]);
  expect(stateOf('a')).toBeUndefined();
  expect(renewer.look).toHaveBeenCalledTimes(1);
});

test('a server that does not answer is not complained about', async () => {
  const { renewer, session, stateOf } = setUp();
  renewer.look.mockRejectedValue(new ServerError('NO_ANSWER', 'No.'));
  await session.look([stored('a')]);
  expect(stateOf('a')).toBeUndefined();
});

test('one tap renews once, and shows the new certificates', async () => {
  const { onRenewed, renewer, session, stateOf } = setUp();
  await Promise.all([session.renew('a'), session.renew('a')]);
  expect(renewer.renew).toHaveBeenCalledTimes(1);
  expect(onRenewed).toHaveBeenCalledTimes(1);
  expect(stateOf('a')).toEqual({ name: 'RENEWED' });
  await session.look([stored('a')]);
  expect(stateOf('a')).toEqual({ name: 'RENEWED' });
});

test('a renewal that was broken off goes on by itself', async () => {
  const { renewer, session, stateOf } = setUp({ isPending: true });
  await session.look([stored('a')]);
  expect(renewer.renew).toHaveBeenCalledWith('a');
  expect(stateOf('a')).toEqual({ name: 'RENEWED' });
});

test('a refusal is told in words about renewing, and can be tried again', async () => {
  const { renewer, session, stateOf } = setUp();
  renewer.renew.mockRejectedValueOnce(new ServerError('INVALID_TRANSITION', 'No.'));
  await session.renew('a');
  expect(stateOf('a')).toMatchObject({
    name: 'PROBLEM',
    advice: { title: 'This mobile ID cannot be renewed' },
  });
  await session.renew('a');
  expect(stateOf('a')).toEqual({ name: 'RENEWED' });
});
