import fc from 'fast-check';
import { readCondition } from '../../../../src/features/scim/protocol/scim-condition';
import {
  COMPARE_OPS,
  parseFilter,
  parsePatchPath,
  printFilter,
  type AttributePath,
  type Filter,
} from '../../../../src/features/scim/protocol/scim-filter';
import { matches } from '../../../../src/features/scim/protocol/scim-match';
import { USER } from '../../../../src/features/scim/protocol/scim-schema';
import { scimTypeOf } from '../../../helpers/scim';

/** RFC 7644 section 3.4.2.2, figure 2; attributes that Signet does not have left out. */
const EXAMPLES = [
  'userName eq "bjensen"',
  `name.familyName co "O'Malley"`,
  'userName sw "J"',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
  'title pr',
  'meta.lastModified gt "2011-05-13T04:42:34Z"',
  'meta.lastModified ge "2011-05-13T04:42:34Z"',
  'meta.lastModified lt "2011-05-13T04:42:34Z"',
  'meta.lastModified le "2011-05-13T04:42:34Z"',
  'title pr and userType eq "Employee"',
  'title pr or userType eq "Intern"',
  'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
  'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
  'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
  'userType eq "Employee" and (emails.type eq "work")',
  'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
  'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
];

test.each(EXAMPLES)('the RFC’s example %s is understood', (text) => {
  const filter = parseFilter(text);
  expect(parseFilter(printFilter(filter))).toEqual(filter);
});

test('and binds more than or, and not more than both', () => {
  const shape = (filter: Filter): string => {
    if (filter.op === 'and' || filter.op === 'or') {
      return `(${shape(filter.left)} ${filter.op} ${shape(filter.right)})`;
    }
    return filter.op === 'not'
      ? `!${shape(filter.filter)}`
      : 'path' in filter
        ? filter.path.name
        : '';
  };
  expect(shape(parseFilter('a pr or b pr and c pr or d pr'))).toBe('((a or (b and c)) or d)');
  expect(shape(parseFilter('not (a pr) and b pr'))).toBe('(!a and b)');
  expect(shape(parseFilter('(a pr or b pr) and NOT (c pr)'))).toBe('((a or b) and !c)');
});

test('text is JSON text, with its escapes', () => {
  expect(parseFilter(String.raw`a eq "\"\\ \u00e9\n and b pr"`)).toMatchObject({
    value: '"\\ é\n and b pr',
  });
});

test.each([
  ['', 'nothing'],
  ['userName', 'no operator'],
  ['userName eq', 'no value'],
  ['userName eq bjensen', 'text without quotes'],
  ['userName is "x"', 'an operator that there is not'],
  ['userName eq "x', 'text that does not end'],
  ['userName eq "x" userName pr', 'two without a word between'],
  ['(userName pr', 'an open bracket'],
  ['userName pr)', 'a bracket too many'],
  ['emails[type eq "work"', 'an open square bracket'],
  ['emails[a[b pr] pr]', 'a value filter in another'],
  ['emails.value[type pr]', 'a value filter behind a part'],
  ['not userName pr', 'a negation without brackets'],
  ['userName eq 01', 'a number that JSON does not know'],
  ['userName eq 1e999', 'a number without end'],
  ['userName eq "a\u0000b"', 'a raw control character'],
  [`${'('.repeat(17)}a pr${')'.repeat(17)}`, 'brackets in brackets in brackets'],
  [Array.from({ length: 65 }, () => 'a pr').join(' or '), 'more terms than anybody needs'],
  [`a eq "${'x'.repeat(5000)}"`, 'more text than anybody needs'],
])('%j is refused: %s', (text) => {
  expect(scimTypeOf(() => parseFilter(text))).toBe('invalidFilter');
});

test.each([
  ['members', { attribute: { uri: null, name: 'members', sub: null }, filter: null }],
  ['name.familyName', { attribute: { uri: null, name: 'name', sub: 'familyName' }, filter: null }],
  [
    'addresses[type eq "work"]',
    { attribute: { name: 'addresses', sub: null }, filter: { compare: 'eq', value: 'work' } },
  ],
  [
    'members[value eq "2819c223-7f76-453a-919d-413861904646"].displayName',
    { attribute: { name: 'members', sub: 'displayName' }, filter: { compare: 'eq' } },
  ],
])('the RFC’s path %s is understood', (text, expected) => {
  expect(parsePatchPath(text)).toMatchObject(expected);
});

test.each(['', 'a b', 'members[', 'members[value eq "x"', 'members[x pr].', 'a.b.c', '.a', 'a['])(
  'the path %j is refused',
  (text) => {
    expect(scimTypeOf(() => parsePatchPath(text))).toBe('invalidPath');
  },
);

const attributeName = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,5}$/);
const attributePath: fc.Arbitrary<AttributePath> = fc.record({
  uri: fc.constantFrom(null, 'urn:ietf:params:scim:schemas:core:2.0:User'),
  name: attributeName,
  sub: fc.option(attributeName),
});
const value = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (Object.is(one, -0) ? 0 : one)),
  fc.boolean(),
  fc.constant(null),
);

function filters(path: fc.Arbitrary<AttributePath>, depth: number): fc.Arbitrary<Filter> {
  const simple = fc.oneof(
    fc.record({ op: fc.constant('pr' as const), path }),
    fc.record({
      op: fc.constant('compare' as const),
      compare: fc.constantFrom(...COMPARE_OPS),
      path,
      value,
    }),
  );
  if (depth === 0) return simple;
  const inner = filters(path, depth - 1);
  return fc.oneof(
    simple,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), left: inner, right: inner }),
    fc.record({ op: fc.constant('not' as const), filter: inner }),
  );
}

const anyFilter = filters(attributePath, 3);

test('whatever is written comes back as it was', () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      expect(parseFilter(printFilter(filter))).toEqual(filter);
    }),
  );
});

test('neither case nor blanks make a difference to operators', () => {
  fc.assert(
    fc.property(anyFilter, fc.boolean(), (filter, isUpper) => {
      const text = printFilter(filter).replace(
        /"(?:[^"\\]|\\.)*"|\b(?:and|or|not|pr|eq|ne|co|sw|ew|gt|ge|lt|le)\b(?=[ ()]|$)| /g,
        (part) =>
          part === ' ' ? '  ' : part.startsWith('"') || !isUpper ? part : part.toUpperCase(),
      );
      expect(printFilter(parseFilter(text)).toLowerCase()).toBe(printFilter(filter).toLowerCase());
    }),
  );
});

test('whatever is sent is read or refused, and never breaks anything', () => {
  const parts = fc.constantFrom(
    ...['userName', 'emails', '[', ']', '(', ')', 'not', 'and', 'or', 'eq', 'pr', '"x"', '"', ' '],
    ...['.', ':', '1', '-', 'null', 'true', '\\', '$ref', 'urn:a:b', '\u0000', 'é'],
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 24 }), (tokens) => {
      const text = tokens.join('');
      const outcome = scimTypeOf(() => parseFilter(text));
      expect([undefined, 'invalidFilter']).toContain(outcome);
    }),
    { numRuns: 2000 },
  );
});

describe('a resource', () => {
  const resource = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: '2819c223-7f76-453a-919d-413861904646',
    externalId: 'Bjensen',
    userName: 'bjensen@example.com',
    name: { familyName: 'Jensen', givenName: 'Barbara' },
    active: true,
    emails: [{ value: 'bjensen@example.com', type: 'work', primary: true }],
    groups: [
      { value: 'e9e30dba-f08f-4109-8486-d5c6a331660a', display: 'Tour Guides' },
      { value: 'fc348aa8-3835-40eb-a20b-c726e15c55b5', display: 'Employees' },
    ],
    meta: { created: '2026-01-23T04:56:22.000Z', lastModified: '2026-05-13T04:42:34.123Z' },
  };
  const fits = (text: string): boolean => matches(readCondition(parseFilter(text), USER), resource);

  test.each([
    ['userName eq "BJENSEN@example.com"', true], // not caseExact
    ['externalId eq "bjensen"', false], // caseExact
    ['externalId eq "Bjensen"', true],
    ['USERNAME Sw "bjen"', true],
    ['userName ew ".com"', true],
    ['userName co "@"', true],
    ['userName gt "a" and userName lt "c"', true],
    ['displayName pr', false],
    ['displayName eq null', true],
    ['displayName ne null', false],
    ['displayName ne "x"', true],
    ['displayName co "x"', false],
    ['not (displayName co "x")', true],
    ['name pr', true],
    ['name.familyName eq "jensen"', true],
    ['active eq true', true],
    ['active eq "True"', true],
    ['active ne true', false],
    ['emails eq "bjensen@example.com"', true],
    ['emails[type eq "work" and primary eq true]', true],
    ['emails[type eq "home" or value sw "x"]', false],
    ['groups[value eq "e9e30dba-f08f-4109-8486-d5c6a331660a" and display sw "E"]', false],
    ['groups.value eq "e9e30dba-f08f-4109-8486-d5c6a331660a" and groups.display sw "E"', true],
    ['groups.display ne "Employees"', true], // one of them differs
    ['phoneNumbers pr', false],
    ['meta.lastModified gt "2026-05-13T06:42:34+02:00"', true], // by the instant, not by its text
    ['meta.lastModified le "2026-05-13T04:42:34.123Z"', true],
    ['schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"', true],
  ])('%s: %s', (text, expected) => {
    expect(fits(text)).toBe(expected);
  });

  test.each([
    ['title pr', 'an attribute that it does not have'],
    ['name eq "x"', 'parts, of which none is named'],
    ['userName eq 5', 'a number for a text'],
    ['active gt true', 'an order between true and false'],
    ['active co "t"', 'a part of true'],
    ['active eq "maybe"', 'neither true nor false'],
    ['meta.created gt "yesterday"', 'no time'],
    ['meta.created sw "2026"', 'a part of an instant'],
    ['userName gt null', 'more than nothing'],
    ['name[familyName pr]', 'a choice where there is one value'],
    ['emails[emails.value pr]', 'a part of a part'],
  ])('%s is refused: %s', (text) => {
    expect(scimTypeOf(() => fits(text))).toBe('invalidFilter');
  });
});
