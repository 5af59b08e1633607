import { invalidInput } from '../../kernel/errors.js';
import { FieldProblems, type Problem } from '../../kernel/field-problems.js';
import { isProjectGroup, ownGroups } from '../../kernel/project-group.js';
import { isStorable, textProblem } from '../../kernel/text.js';
import { passwordProblem } from './password.service.js';
import type { NewUser, UserChanges, UserState } from './user.js';

const MAX_EMAIL_BYTES = 254; // RFC 5321 4.5.3.1.3, without the angle brackets
const MAX_GROUPS = 100;
const MAX_SEARCH = 200;

/** Letters, digits and signs that show: no spaces, no controls, nothing invisible. */
export const VISIBLE_NAME = /^[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]{1,64}$/u;
/** RFC 6531 dot-atom, without the quoted and literal forms that mail programs disagree on. */
const EMAIL =
  /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?)*$/u;
const E164 = /^\+[1-9]\d{6,14}$/;

/** The fields of a user that callers may write, as they are stored. */
export interface UserFields {
  readonly displayName: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly groups: readonly string[];
}

export interface NewUserFields extends UserFields {
  readonly externalId: string | null;
  readonly username: string;
  readonly password: string | null;
  readonly state: UserState;
}

/** @throws DomainError INVALID_INPUT */
export function readNewUser(input: NewUser): NewUserFields {
  const user: NewUserFields = {
    externalId: input.externalId ?? null,
    username: input.username,
    displayName: tidy(input.displayName),
    email: input.email ?? null,
    phone: input.phone ?? null,
    password: input.password ?? null,
    groups: tidyGroups(input.groups),
    state: input.state ?? 'ACTIVE',
  };
  const problems = new FieldProblems()
    .note('input.username', usernameProblem(user.username))
    .note('input.externalId', ifGiven(user.externalId, externalIdProblem))
    .note(
      'input.password',
      ifGiven(user.password, (password) => passwordProblem(password, user.username)),
    )
    .note('input.state', user.state === 'LOCKED' ? 'A new user cannot be locked.' : undefined);
  noteFields(problems, user);
  problems.refuse();
  return user;
}

/**
 * The fields as they stand after the changes.
 * @throws DomainError INVALID_INPUT
 */
export function readUserChanges(present: UserFields, input: UserChanges): UserFields {
  const problems = new FieldProblems().note(
    'input.displayName',
    input.displayName === null ? 'It must not be empty.' : undefined,
  );
  const changed: UserFields = {
    displayName: tidy(input.displayName ?? present.displayName),
    email: input.email === undefined ? present.email : input.email,
    phone: input.phone === undefined ? present.phone : input.phone,
    groups: input.groups === undefined ? ownGroups(present.groups) : tidyGroups(input.groups),
  };
  // Who sends back what he has read names projects' groups, too: they stay as they are.
  const projectGroups = present.groups.filter(isProjectGroup);
  const groups = changed.groups.filter((group) => !projectGroups.includes(group));
  noteFields(problems, { ...changed, groups });
  problems.refuse();
  return { ...changed, groups: [...groups, ...projectGroups] };
}

export function reasonProblem(reason: string): Problem {
  return textProblem(reason, { max: 500 });
}

function noteFields(problems: FieldProblems, fields: UserFields): void {
  problems
    .note('input.displayName', textProblem(fields.displayName, { max: 200 }))
    .note('input.email', ifGiven(fields.email, emailProblem))
    .note('input.phone', ifGiven(fields.phone, phoneProblem))
    .note('input.groups', groupsProblem(fields.groups));
}

function usernameProblem(username: string): Problem {
  return VISIBLE_NAME.test(username)
    ? undefined
    : 'It must have 1 to 64 visible characters, without spaces.';
}

function externalIdProblem(externalId: string): Problem {
  return textProblem(externalId, { max: 128 });
}

export function emailProblem(email: string): Problem {
  if (Buffer.byteLength(email) > MAX_EMAIL_BYTES) return 'It is too long for an e-mail address.';
  return EMAIL.test(email) ? undefined : 'It is no e-mail address.';
}

/**
 * Two addresses are the same where they differ in the case of ASCII letters alone: what is compared more generously would let one
 * person's address pass for another's. As `lower(email COLLATE "C")` in SQL.
 */
export function emailKey(email: string): string {
  return email.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function phoneProblem(phone: string): Problem {
  return E164.test(phone) ? undefined : 'It must be in E.164 format, such as +41441234567.';
}

function groupsProblem(groups: readonly string[]): Problem {
  if (groups.length > MAX_GROUPS) return `There can be at most ${String(MAX_GROUPS)}.`;
  if (groups.some(isProjectGroup))
    return 'Those that begin with project/ are filled by SCIM alone.';
  return groups.map((group) => textProblem(group, { max: 64 })).find((problem) => problem);
}

function ifGiven(value: string | null, problemOf: (value: string) => Problem): Problem {
  return value === null ? undefined : problemOf(value);
}

function tidy(text: string): string {
  return text.normalize('NFC').trim();
}

function tidyGroups(groups: readonly string[] | null | undefined): readonly string[] {
  return [...new Set(groups?.map(tidy))];
}

/** LIKE pattern, or null where everything matches. @throws DomainError INVALID_INPUT */
export function searchPattern(search: string): string | null {
  const text = search.trim();
  if (!isStorable(text)) throw invalidInput('search', 'It must not contain control characters.');
  if (text.length > MAX_SEARCH) {
    throw invalidInput('search', `It must have at most ${String(MAX_SEARCH)} characters.`);
  }
  return text === '' ? null : `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
}
