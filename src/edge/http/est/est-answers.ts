import { randomBytes } from 'node:crypto';
import type { Response } from 'express';
import type { EstCertificate } from '../../../features/enrolment/est/est-request.js';
import { encodeCertsOnly } from '../../../features/certificates/certificate.service.js';
import { DomainError } from '../../../kernel/errors.js';
import { sendProblem } from '../problem-details.js';
import { UnsupportedBody } from './est-exchange.js';

const CERTS_ONLY = 'application/pkcs7-mime; smime-type=certs-only';
const RETRY_SECONDS = 10;
const CHALLENGE = 'Basic realm="est", charset="UTF-8"';
/** Of what pages are sent, only this says something to an EST client; some read no more than a kilobyte of headers. */
const KEPT_HEADERS: ReadonlySet<string> = new Set(['x-request-id', 'strict-transport-security']);

export function dropPageHeaders(res: Response): void {
  for (const name of res.getHeaderNames()) if (!KEPT_HEADERS.has(name)) res.removeHeader(name);
}

/** In base64, without line breaks: not all clients know to skip them. */
export function sendBase64(
  res: Response,
  type: string,
  der: Buffer,
  cacheControl = 'no-store',
): void {
  res.setHeader('cache-control', cacheControl);
  res.setHeader('content-type', type);
  res.setHeader('content-transfer-encoding', 'base64');
  end(res, 200, der.toString('base64'));
}

export function sendCertificates(
  res: Response,
  certificates: readonly Buffer[],
  cacheControl?: string,
): void {
  sendBase64(res, CERTS_ONLY, encodeCertsOnly(certificates), cacheControl);
}

/** RFC 7030 4.2.3, and 4.4.2 where there is a key to deliver. */
export function sendIssued(res: Response, { certificateDer, privateKey }: EstCertificate): void {
  if (privateKey === null) {
    sendCertificates(res, [certificateDer]);
    return;
  }
  sendKeyAndCertificate(res, privateKey, certificateDer);
  privateKey.fill(0);
}

function sendKeyAndCertificate(res: Response, privateKey: Buffer, certificateDer: Buffer): void {
  const boundary = randomBytes(18).toString('hex');
  const part = (type: string, der: Buffer): string =>
    [
      `--${boundary}`,
      `Content-Type: ${type}`,
      'Content-Transfer-Encoding: base64',
      '',
      der.toString('base64'),
      '',
    ].join('\r\n');
  res.setHeader('cache-control', 'no-store');
  res.setHeader('content-type', `multipart/mixed; boundary=${boundary}`);
  const parts = [
    part('application/pkcs8', privateKey),
    part(CERTS_ONLY, encodeCertsOnly([certificateDer])),
  ];
  end(res, 200, `${parts.join('')}--${boundary}--\r\n`);
}

/** RFC 7030 4.2.3. The device may have no screen but what its client prints. */
export function sendPending(res: Response, confirmationCode: string | null): void {
  res.setHeader('cache-control', 'no-store');
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.setHeader('retry-after', String(RETRY_SECONDS));
  const lines = [
    ...(confirmationCode === null ? [] : [`Confirmation code of this device: ${confirmationCode}`]),
    'Once this device is confirmed, the same request gets its certificate.',
  ];
  end(res, 202, `${lines.join('\n')}\n`);
}

/** @returns the refusal, if it is one that callers may read */
export function sendRefusal(res: Response, error: unknown): DomainError | undefined {
  if (error instanceof UnsupportedBody) {
    const problem = new DomainError('INVALID_INPUT', { contentType: 'application/pkcs10' });
    sendProblem(res, problem, 415);
    return problem;
  }
  if (!(error instanceof DomainError)) return undefined;
  const { retryAfterSeconds } = error.facts;
  if (typeof retryAfterSeconds === 'number') {
    res.setHeader('retry-after', String(retryAfterSeconds));
  }
  if (error.code === 'CODE_UNKNOWN' || error.code === 'INVALID_CREDENTIALS') {
    res.setHeader('www-authenticate', CHALLENGE);
    sendProblem(res, error, 401);
  } else sendProblem(res, error);
  return error;
}

function end(res: Response, status: number, body: string): void {
  res.statusCode = status;
  res.setHeader('content-length', Buffer.byteLength(body));
  res.end(body);
}
