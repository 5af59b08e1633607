import { Loader, ThemeIcon } from '@mantine/core';
import {
  IconCircleCheck,
  IconCircleX,
  IconClockX,
  IconDeviceMobileQuestion,
  IconReplace,
} from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { EnrolmentStatus } from '../../shared/enrolment-timeline.js';

const ICONS: Partial<
  Record<EnrolmentStatus, { readonly colour: string; readonly Icon: typeof IconCircleX }>
> = {
  ACTIVE: { colour: 'teal', Icon: IconCircleCheck },
  CODE_EXPIRED: { colour: 'yellow', Icon: IconClockX },
  AWAITING_CONFIRMATION: { colour: 'signet', Icon: IconDeviceMobileQuestion },
  CANCELLED: { colour: 'gray', Icon: IconCircleX },
  EXPIRED: { colour: 'gray', Icon: IconClockX },
  FAILED: { colour: 'red', Icon: IconCircleX },
  SUPERSEDED: { colour: 'gray', Icon: IconReplace },
};

interface StatusIconProps {
  readonly status: EnrolmentStatus;
}

/** A mark for where it stops; while something is under way elsewhere, a sign of life. */
export function StatusIcon({ status }: StatusIconProps): ReactElement | null {
  if (status === 'WAITING_FOR_SCAN') return null;
  const mark = ICONS[status];
  if (!mark) return <Loader type="dots" aria-hidden="true" />;
  return (
    <ThemeIcon variant="light" color={mark.colour} size={56} radius={999}>
      <mark.Icon size={32} stroke={1.6} aria-hidden="true" />
    </ThemeIcon>
  );
}
