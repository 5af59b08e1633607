import { Button, Center, Loader } from '@mantine/core';
import { useCallback, useState, type ReactElement } from 'react';
import { PageFrame } from '../shared/page-frame.js';
import { ProblemAlert } from '../shared/problem-alert.js';
import type { OrderChoice } from './order/order-choice.js';
import { ForgotPasswordPage } from './password/forgot-password-page.js';
import type { Notice } from './sign-in/arrival.js';
import { NoticeAlert } from './sign-in/notice-alert.js';
import { SessionContext } from './sign-in/session-context.js';
import type { SessionEnd } from './sign-in/session-end.js';
import { SignInPage } from './sign-in/sign-in-page.js';
import { useViewer } from './sign-in/use-viewer.js';
import { SignedInPage } from './signed-in-page.js';
import { useRoute } from './use-route.js';
import { UserMenu } from './user-menu.js';

interface AppProps {
  readonly sessionEnd: SessionEnd;
  readonly notice: Notice | undefined;
  readonly onNoticeClosed: () => void;
}

/** Sign-in stands in front of every page; the address keeps where one was going. */
export function App({ sessionEnd, notice, onNoticeClosed }: AppProps): ReactElement {
  const { state, reload, signedOut } = useViewer(sessionEnd);
  const [drafts] = useState(() => new Map<string, OrderChoice>());
  const signedIn = useCallback(async () => {
    onNoticeClosed();
    await reload();
  }, [onNoticeClosed, reload]);
  const route = useRoute();
  switch (state.kind) {
    case 'LOADING':
      return (
        <PageFrame>
          <Center py={80}>
            <Loader aria-label="Loading" />
          </Center>
        </PageFrame>
      );
    case 'UNREACHABLE':
      return (
        <PageFrame>
          <ProblemAlert problem={state.problem}>
            <Button
              mt="sm"
              variant="light"
              color="red"
              display="block"
              onClick={() => void reload()}
            >
              Try again
            </Button>
          </ProblemAlert>
        </PageFrame>
      );
    case 'SIGNED_OUT':
      return (
        <PageFrame>
          {route.page === 'FORGOT_PASSWORD' ? (
            <ForgotPasswordPage />
          ) : (
            <SignInPage
              ended={state.ended}
              notice={notice}
              onNoticeClosed={onNoticeClosed}
              onSignedIn={signedIn}
            />
          )}
        </PageFrame>
      );
    case 'SIGNED_IN':
      return (
        <SessionContext value={{ ...state, notifyEnd: sessionEnd.notify, drafts }}>
          <PageFrame
            aside={
              <UserMenu
                user={state.user}
                identityProvider={state.identityProvider}
                onSignedOut={() => {
                  drafts.clear();
                  signedOut();
                }}
              />
            }
          >
            <NoticeAlert notice={notice} isSignedIn onClose={onNoticeClosed} />
            <SignedInPage key={state.user.id} />
          </PageFrame>
        </SessionContext>
      );
  }
}
