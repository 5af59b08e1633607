import { sameBytes } from './bytes.js';
import type { MadeRequest } from './certificate-request.js';
import { isIssuedBy, parseCertificate, type ParsedCertificate } from './certificate.js';
import type { IssuedMobileId } from './contract.js';
import { PhoneError } from './problem.js';

/**
 * Checks what the server sent before it is kept: for each key exactly one certificate, with that key
 * in it, and an unbroken chain of signatures up to the last element, which signed itself.
 * Throws `ANSWER_REJECTED`.
 */
export async function checkAnswer(
  answer: IssuedMobileId,
  made: readonly MadeRequest[],
): Promise<void> {
  try {
    await checkParsed(answer, made);
  } catch (cause) {
    if (cause instanceof PhoneError) throw cause;
    throw new PhoneError('ANSWER_REJECTED', 'A certificate cannot be read.', { cause });
  }
}

async function checkParsed(answer: IssuedMobileId, made: readonly MadeRequest[]): Promise<void> {
  const { certificates } = answer.profile;
  if (certificates.length !== made.length) {
    throw rejected('There is not one certificate for each key.');
  }
  const leaves = made.map((request) => certificateOf(request, answer));
  const chain = answer.chain.map(parseCertificate);
  await Promise.all(leaves.map((leaf) => checkLink(leaf, chain[0])));
  await Promise.all(chain.map((link, i) => checkLink(link, chain[i + 1] ?? link)));
}

function certificateOf(request: MadeRequest, answer: IssuedMobileId): ParsedCertificate {
  const issued = answer.profile.certificates.filter(({ kind }) => kind === request.kind);
  const parsed = issued.map(({ pem }) => parseCertificate(pem));
  const own = parsed.find(({ publicKey }) => sameBytes(publicKey, request.publicKey));
  if (own === undefined) throw rejected(`The ${request.kind} certificate holds another key.`);
  return own;
}

async function checkLink(
  certificate: ParsedCertificate,
  issuer: ParsedCertificate | undefined,
): Promise<void> {
  if (issuer === undefined || !(await isIssuedBy(certificate, issuer))) {
    throw rejected('The chain of certificates is broken.');
  }
}

function rejected(detail: string): PhoneError {
  return new PhoneError('ANSWER_REJECTED', detail);
}
