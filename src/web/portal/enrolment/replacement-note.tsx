import { Alert } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { EnrolmentStatus } from '../../shared/enrolment-timeline.js';
import type { Enrolment } from './documents.js';
import { replacementText } from './replacement-text.js';

interface ReplacementNoteProps {
  readonly status: EnrolmentStatus;
  readonly replaces: Enrolment['replaces'];
}

/** What becomes of the mobile ID that the order replaces, if it replaces one; said aloud when that changes. */
export function ReplacementNote({ status, replaces }: ReplacementNoteProps): ReactElement | null {
  if (!replaces) return null;
  const text = replacementText(status, replaces);
  return (
    <div role="status">
      {text !== undefined && (
        <Alert
          variant="light"
          role="presentation"
          icon={<IconInfoCircle aria-hidden="true" />}
          data-replaces={replaces.id}
          data-state={replaces.state}
        >
          {text}
        </Alert>
      )}
    </div>
  );
}
