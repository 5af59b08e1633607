import { Heard } from '../../../../src/platform/event-bus/heard';

function look(heard: Heard, found: readonly string[]): string[] {
  heard.beginLook();
  const told = found.filter((id) => heard.note(id));
  heard.endLook(found);
  return told;
}

test('what was heard is not told again by the look that finds it, nor by those that find it again', () => {
  const heard = new Heard();
  expect(heard.note('1')).toBe(true);
  expect(look(heard, ['1', '2'])).toEqual(['2']);
  expect(look(heard, ['1', '2'])).toEqual([]);
});

test('what a look has found is not told again when it is heard after that', () => {
  const heard = new Heard();
  expect(look(heard, ['1'])).toEqual(['1']);
  expect(heard.note('1')).toBe(false);
});

test('what is heard while a look is under way is not told by the next one', () => {
  const heard = new Heard();
  heard.beginLook();
  expect(heard.note('1')).toBe(true);
  heard.endLook([]);
  expect(look(heard, ['1'])).toEqual([]);
});

test('a look that failed makes nothing forgotten', () => {
  const heard = new Heard();
  heard.note('1');
  heard.beginLook();
  expect(look(heard, ['1'])).toEqual([]);
});

test('what no look finds any more is forgotten', () => {
  const heard = new Heard();
  heard.note('1');
  look(heard, ['1']);
  look(heard, []);
  expect(heard.note('1')).toBe(true);
});

test('where looks fail for long, no more than so much is remembered', () => {
  const heard = new Heard();
  for (let i = 0; i <= 10_000; i += 1) heard.note(String(i));
  heard.beginLook();
  expect(heard.note('0')).toBe(true);
});
