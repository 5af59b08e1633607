import type { OptionSource } from '../sign-in-options.service.js';
import type { ClientCertificateService } from './client-certificate.service.js';

const MAX_SUBJECT = 80;

/** Who shows a certificate that would sign him in; in a session, only its own user's. */
export function clientCertificateOptions(certificates: ClientCertificateService): OptionSource {
  return async (scope, { user }) => {
    const certificate = certificates.shown(scope.request);
    if (certificate === undefined) return [];
    const { userId } = await certificates.holderOf(scope, certificate);
    if (userId === null || (user !== null && user.id !== userId)) return [];
    const label = `Certificate ${shortened(certificate.subject)}`.trimEnd();
    return [{ method: 'CLIENT_CERTIFICATE', provider: null, label, url: null }];
  };
}

function shortened(subject: string): string {
  const characters = Array.from(subject);
  if (characters.length <= MAX_SUBJECT) return subject;
  return `${characters.slice(0, MAX_SUBJECT).join('')}…`;
}
