import { DomainError } from '../../../kernel/errors.js';

/** RFC 7644 section 3.12, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

/** A request that is not as SCIM wants it; `detail` is for the people who look after the directory. */
export function scimProblem(scimType: ScimType, detail: string): DomainError {
  const code = scimType === 'uniqueness' ? 'CONFLICT' : 'INVALID_INPUT';
  return new DomainError(code, { scimType, detail });
}

/** RFC 7644 3.14: what was to be changed is not what the caller has seen. */
export function versionProblem(): DomainError {
  return new DomainError('CONFLICT', { reason: 'VERSION' });
}
