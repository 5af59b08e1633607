import { Button, Center, Loader } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import { PageFrame } from '../shared/page-frame.js';
import { ProblemAlert } from '../shared/problem-alert.js';
import { EnrolmentPage } from './enrolment-page.js';
import { HomePage } from './home-page.js';
import type { OrderChoice } from './order-choice.js';
import { OrderPage } from './order-page.js';
import type { SessionEnd } from './session.js';
import { SessionContext } from './session-context.js';
import { SignInPage } from './sign-in-page.js';
import { useRoute } from './use-route.js';
import { useViewer } from './use-viewer.js';
import { UserMenu } from './user-menu.js';

interface AppProps {
  readonly sessionEnd: SessionEnd;
}

/** Sign-in stands in front of every page; the address keeps where one was going. */
export function App({ sessionEnd }: AppProps): ReactElement {
  const { state, reload, signedOut } = useViewer(sessionEnd);
  const [drafts] = useState(() => new Map<string, OrderChoice>());
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
          <SignInPage ended={state.ended} onSignedIn={reload} />
        </PageFrame>
      );
    case 'SIGNED_IN':
      return (
        <SessionContext value={{ user: state.user, notifyEnd: sessionEnd.notify, drafts }}>
          <PageFrame
            aside={
              <UserMenu
                user={state.user}
                onSignedOut={() => {
                  drafts.clear();
                  signedOut();
                }}
              />
            }
          >
            <SignedInPage key={state.user.id} />
          </PageFrame>
        </SessionContext>
      );
  }
}

function SignedInPage(): ReactElement {
  const route = useRoute();
  switch (route.page) {
    case 'HOME':
      return <HomePage />;
    case 'ORDER':
      return <OrderPage key={route.projectId} projectId={route.projectId} />;
    case 'ENROLMENT':
      return <EnrolmentPage key={route.enrolmentId} enrolmentId={route.enrolmentId} />;
  }
}
