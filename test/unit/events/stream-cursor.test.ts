import * as fc from 'fast-check';
import { StreamCursors, type EventPosition } from '../../../src/features/events/stream-cursor';
import type { ProjectId } from '../../../src/kernel/ids';
import { KeyRing } from '../../../src/kernel/secrets';

const cursors = new StreamCursors(new KeyRing(Buffer.alloc(32, 7)));
const ONE = '00000000-0000-4000-8000-000000000001' as ProjectId;
const OTHER = '00000000-0000-4000-8000-000000000002' as ProjectId;

const whole = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
const anyPosition: fc.Arbitrary<EventPosition> = fc.record({
  epoch: fc.nat({ max: 2 ** 31 - 1 }),
  xid: whole,
  number: whole,
  micros: whole,
});

test('what was written is read again, and is the same text each time', () => {
  fc.assert(
    fc.property(anyPosition, (position) => {
      const cursor = cursors.write('enrolments', ONE, position);
      expect(cursor).toBe(cursors.write('enrolments', ONE, position));
      expect(cursors.read('enrolments', ONE, cursor)).toEqual(position);
    }),
  );
});

test('a cursor is good for its own log, project and master key alone', () => {
  fc.assert(
    fc.property(anyPosition, (position) => {
      const cursor = cursors.write('enrolments', ONE, position);
      const strange = new StreamCursors(new KeyRing(Buffer.alloc(32, 8)));
      expect(cursors.read('enrolments', OTHER, cursor)).toBeUndefined();
      expect(cursors.read('assigned-ids', ONE, cursor)).toBeUndefined();
      expect(strange.read('enrolments', ONE, cursor)).toBeUndefined();
    }),
  );
});

test('no bit of it can be changed', () => {
  const bytes = Buffer.from(
    cursors.write('enrolments', ONE, { epoch: 1, xid: '700', number: '1', micros: '5' }),
    'base64url',
  );
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const bent = Buffer.from(bytes);
    bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(cursors.read('enrolments', ONE, bent.toString('base64url'))).toBeUndefined();
  }
});

test('text that is no cursor is none', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(cursors.read('enrolments', ONE, text)).toBeUndefined();
    }),
  );
});

test('two events of one instant look nothing alike', () => {
  const at = (number: string): Buffer =>
    Buffer.from(
      cursors.write('enrolments', ONE, { epoch: 1, xid: '700', number, micros: '5' }),
      'base64url',
    );
  const [one, two] = [at('1'), at('2')];
  const equal = [...one].filter((byte, i) => byte === two[i]).length;
  expect(equal).toBeLessThan(10);
});
