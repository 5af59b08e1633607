import { Alert } from '@mantine/core';
import { IconAlertCircle, IconCircleCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { Notice } from './arrival.js';
import { signInProblemText } from './sign-in-problem.js';

interface NoticeAlertProps {
  readonly notice: Notice | undefined;
  readonly isSignedIn: boolean;
  readonly onClose: () => void;
}

/** What is to be said to who has just arrived. */
export function NoticeAlert({
  notice,
  isSignedIn,
  onClose,
}: NoticeAlertProps): ReactElement | null {
  if (!notice) return null;
  const isProblem = notice.kind === 'SIGN_IN_PROBLEM';
  return (
    <Alert
      variant="light"
      color={isProblem ? 'red' : 'teal'}
      icon={
        isProblem ? <IconAlertCircle aria-hidden="true" /> : <IconCircleCheck aria-hidden="true" />
      }
      role={isProblem ? 'alert' : 'status'}
      withCloseButton
      closeButtonLabel="Close this message"
      onClose={onClose}
      mb={isSignedIn ? 'lg' : 0}
      data-notice={notice.kind}
    >
      {textOf(notice, isSignedIn)}
    </Alert>
  );
}

function textOf(notice: Notice, isSignedIn: boolean): string {
  if (notice.kind === 'SIGN_IN_PROBLEM') return signInProblemText(notice.code);
  return isSignedIn
    ? 'The new password is set.'
    : 'Your new password is set. You can sign in with it now.';
}
