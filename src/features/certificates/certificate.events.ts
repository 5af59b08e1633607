import type { CertificateId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

/** Whether these certificates may be trusted has changed: revoked, put on hold or released. */
export const certificatesChanged = eventType<{ readonly certificateIds: readonly CertificateId[] }>(
  'certificate.changed',
);
