import { type DerValue, itemsOf, TAG } from '../../../src/features/certificates/x509/der';
import { UNPRINTABLE } from '../../../src/kernel/text';
import { hasDuplicates, rulesOf, unless } from './rule';
import { ID, oidOf } from './structure';

interface Attribute {
  readonly id: string;
  readonly value: DerValue;
  readonly text: string;
}

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
/** Upper bounds of RFC 5280 appendix A, in characters. */
const BOUNDS: Readonly<Record<string, number>> = {
  '2.5.4.3': 64,
  '2.5.4.5': 64,
  '2.5.4.6': 2,
  '2.5.4.10': 64,
  '2.5.4.11': 64,
  [ID.emailAddress]: 255,
};

/** What is asked of a distinguished name. */
export const NAME_RULES = rulesOf<DerValue>([
  {
    name: 'name_one_attribute_each',
    source: 'RFC 5280 4.1.2.4; zlint n_multiple_subject_rdn',
    problem: (name) =>
      unless(
        itemsOf(name, TAG.SEQUENCE).every((rdn) => itemsOf(rdn, TAG.SET).length === 1),
        'An RDN has more or less than one attribute.',
      ),
  },
  {
    name: 'name_no_attribute_twice',
    source: 'X.501 9.3, by analogy; pkilint',
    problem: (name) =>
      unless(!hasDuplicates(attributesOf(name).map(({ id }) => id)), 'An attribute stands twice.'),
  },
  {
    name: 'name_known_attributes',
    source: 'RFC 5280 4.1.2.4',
    problem: eachOf(({ id }) => Object.hasOwn(BOUNDS, id)),
  },
  {
    name: 'name_string_types',
    source:
      'RFC 5280 4.1.2.4; zlint e_subject_dn_country_not_printable_string, e_subject_dn_serial_number_not_printable_string',
    problem: eachOf(({ id, value }) => value.tag === stringTypeOf(id)),
  },
  {
    name: 'name_charsets',
    source: 'X.680 41.4; zlint e_subject_printable_string_badalpha; RFC 3629 for UTF8String',
    problem: eachOf(({ value, text }) => {
      if (value.tag === TAG.PRINTABLE_STRING) return PRINTABLE.test(text);
      if (value.tag === TAG.IA5_STRING) return value.content.every((octet) => octet < 0x80);
      return Buffer.from(text, 'utf8').equals(value.content) && !text.includes('\ufffe');
    }),
  },
  {
    name: 'name_upper_bounds',
    source:
      'RFC 5280 appendix A; zlint e_subject_common_name_max_length, e_subject_organization_name_max_length',
    problem: eachOf(({ id, text }) => Array.from(text).length <= (BOUNDS[id] ?? 64)),
  },
  {
    name: 'name_no_empty_attribute',
    source: 'RFC 5280 appendix A, SIZE (1..ub); zlint e_subject_empty_without_san, certlint',
    problem: eachOf(({ text }) => text.trim() !== ''),
  },
  {
    name: 'name_country_code',
    source: 'X.520 6.3.1; zlint e_subject_country_not_iso, e_subject_country_not_uppercase',
    problem: eachOf(({ id, text }) => id !== ID.country || /^[A-Z]{2}$/.test(text)),
  },
  {
    name: 'name_no_control_characters',
    source:
      'certlint; zlint e_subject_contains_noninformational_value; UTS #39 for bidirectional controls',
    problem: eachOf(({ text }) => !UNPRINTABLE.test(text)),
  },
  {
    name: 'name_normalised',
    source: 'RFC 5280 7.1 with RFC 4518 2.3; no public linter looks at subjects',
    problem: eachOf(({ text }) => text.normalize('NFC') === text),
  },
  {
    name: 'name_no_outer_spaces',
    source: 'zlint w_subject_dn_leading_whitespace, w_subject_dn_trailing_whitespace',
    problem: eachOf(({ text }) => text.trim() === text),
  },
]);

export function attributesOf(name: DerValue): Attribute[] {
  return itemsOf(name, TAG.SEQUENCE).flatMap((rdn) =>
    itemsOf(rdn, TAG.SET).map((attribute) => {
      const [id, value] = itemsOf(attribute, TAG.SEQUENCE);
      if (value === undefined) throw new Error('an attribute without a value');
      return { id: oidOf(id), value, text: value.content.toString('utf8') };
    }),
  );
}

function eachOf(holds: (attribute: Attribute) => boolean): (name: DerValue) => string | undefined {
  return (name) => {
    const bad = attributesOf(name).find((attribute) => !holds(attribute));
    return bad && `${bad.id}: ${JSON.stringify(bad.text)}`;
  };
}

function stringTypeOf(id: string): number {
  if (id === ID.country || id === ID.serialNumber) return TAG.PRINTABLE_STRING;
  return id === ID.emailAddress ? TAG.IA5_STRING : TAG.UTF8_STRING;
}
