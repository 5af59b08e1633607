import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { parseId, type CertificateId } from '../../../kernel/ids.js';

const MAX_CERTIFICATES = 20;

/** @throws DomainError INVALID_INPUT where they are too many or one is named twice, NOT_FOUND for what is no id at all */
export function readCertificateIds(texts: readonly string[], field: string): CertificateId[] {
  if (texts.length > MAX_CERTIFICATES) {
    throw invalidInput(field, `There can be at most ${String(MAX_CERTIFICATES)}.`);
  }
  const ids = texts.map((text) => parseId<CertificateId>(text));
  if (new Set(ids).size < ids.length) throw invalidInput(field, 'Name each certificate once.');
  return ids.map((id) => {
    if (id === undefined) throw new DomainError('NOT_FOUND');
    return id;
  });
}
