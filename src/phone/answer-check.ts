import { sameBytes } from './bytes.js';
import type { MadeRequest } from './certificate-request.js';
import { isIssuedBy, parseCertificate, type ParsedCertificate } from './certificate.js';
import type { CertificateKind, IssuedCertificate, IssuedMobileId } from './contract.js';
import { PhoneError } from './problem.js';

/**
 * Checks what the server sent before it is kept: for each key exactly one certificate, with that key
 * in it, one for each key that the server was to make, none beside them but what was recovered, and an
 * unbroken chain of signatures up to the last element, which signed itself.
 * Throws `ANSWER_REJECTED`.
 */
export async function checkAnswer(
  answer: IssuedMobileId,
  made: readonly MadeRequest[],
  serverMade: readonly CertificateKind[] = [],
): Promise<void> {
  try {
    await checkParsed(answer, made, serverMade);
  } catch (cause) {
    if (cause instanceof PhoneError) throw cause;
    throw new PhoneError('ANSWER_REJECTED', 'A certificate cannot be read.', { cause });
  }
}

async function checkParsed(
  answer: IssuedMobileId,
  made: readonly MadeRequest[],
  serverMade: readonly CertificateKind[],
): Promise<void> {
  const [own, recovered] = partition(answer.profile.certificates);
  if (own.length !== made.length + serverMade.length) {
    throw rejected('There is not one certificate for each key.');
  }
  if (recovered.some(({ kind }) => kind !== 'ENCRYPTION')) {
    throw rejected('Nothing but encryption certificates can be recovered.');
  }
  const leaves = [
    ...made.map((request) => certificateOf(request, own)),
    ...serverMade.map((kind) => onlyOf(kind, own)),
  ];
  const chain = answer.chain.map(parseCertificate);
  await Promise.all(leaves.map((leaf) => checkLink(leaf, chain[0])));
  await Promise.all(chain.map((link, i) => checkLink(link, chain[i + 1] ?? link)));
}

type Certificates = readonly IssuedCertificate[];

function partition(all: Certificates): readonly [Certificates, Certificates] {
  return [all.filter(({ recovered }) => recovered !== true), all.filter((one) => one.recovered)];
}

function onlyOf(kind: CertificateKind, own: Certificates): ParsedCertificate {
  const [only, ...others] = own.filter((certificate) => certificate.kind === kind);
  if (only === undefined || others.length > 0) throw rejected(`There is not one ${kind}.`);
  return parseCertificate(only.pem);
}

function certificateOf(request: MadeRequest, certificates: Certificates): ParsedCertificate {
  const issued = certificates.filter(({ kind }) => kind === request.kind);
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
