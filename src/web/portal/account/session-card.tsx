import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { deviceText, isPhone } from '../../../phone/device-text.js';
import { formatMoment } from '../../shared/dates.js';
import { CredentialCard } from './credential-card.js';
import type { OwnSession } from './documents.js';
import { proofsText } from './method-text.js';

interface SessionCardProps {
  readonly session: OwnSession;
  readonly busy: boolean;
  readonly onEnd: () => void;
}

/** One session: on what, from where, since when, and what was proven in it. */
export function SessionCard({ session, busy, onEnd }: SessionCardProps): ReactElement {
  const { userAgent, isCurrent, address, createdAt, lastUsedAt, evidence } = session;
  const Icon = isPhone(userAgent) ? IconDeviceMobile : IconDeviceDesktop;
  return (
    <CredentialCard
      icon={<Icon size={20} stroke={1.7} aria-hidden="true" />}
      name={deviceText(userAgent)}
      badge={isCurrent ? 'This one' : undefined}
      details={[
        `From ${address}, since ${formatMoment(createdAt)}`,
        isCurrent ? 'In use now' : `Last used ${formatMoment(lastUsedAt)}`,
        ...(evidence.length === 0 ? [] : [`Proven by: ${proofsText(evidence)}`]),
      ]}
      {...(isCurrent
        ? {}
        : {
            action: 'End',
            warning: 'Whoever uses it has to sign in again.',
            busy,
            onAction: onEnd,
          })}
    />
  );
}
