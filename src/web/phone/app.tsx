import { Box } from '@mantine/core';
import { useSyncExternalStore, type ReactElement } from 'react';
import { PageFrame } from '../shared/page-frame.js';
import { DoneScreen } from './enrolment/done-screen.js';
import { CancelledScreen } from './end-screens.js';
import type { EnrolmentSession, Screen } from './enrolment/enrolment-session.js';
import { InvitedScreen } from './invited-screen.js';
import { LibraryScreen } from './library/library-screen.js';
import { LoadingScreen } from './loading-screen.js';
import { ObstacleScreen } from './obstacle-screen.js';
import { ProblemScreen } from './problem-screen.js';
import { ProofScreens } from './proof/proof-screens.js';
import type { ProofSession } from './proof/proof-session.js';
import type { RenewalSession } from './library/renewal-session.js';
import { TaskScreen } from './enrolment/task-screen.js';
import { WorkingScreen } from './enrolment/working-screen.js';

interface AppProps {
  readonly session: EnrolmentSession;
  readonly proof: ProofSession;
  readonly renewal: RenewalSession;
}

/** A question whether it is you goes before everything else. */
export function App({ session, proof, renewal }: AppProps): ReactElement {
  const screen = useSyncExternalStore(session.subscribe, session.current);
  const asked = useSyncExternalStore(proof.subscribe, proof.current);
  const leave = (): void => {
    proof.leave();
    void session.showLibrary();
  };
  return (
    <PageFrame>
      {asked.name === 'IDLE' ? (
        <Box maw={440} mx="auto" data-screen={screen.name}>
          <CurrentScreen key={screen.name} screen={screen} session={session} renewal={renewal} />
        </Box>
      ) : (
        <Box maw={440} mx="auto" data-screen={asked.name}>
          <ProofScreens key={asked.name} screen={asked} proof={proof} onLeave={leave} />
        </Box>
      )}
    </PageFrame>
  );
}

interface CurrentScreenProps {
  readonly session: EnrolmentSession;
  readonly renewal: RenewalSession;
  readonly screen: Screen;
}

function CurrentScreen({ renewal, screen, session }: CurrentScreenProps): ReactElement {
  switch (screen.name) {
    case 'LOADING':
      return <LoadingScreen />;
    case 'OBSTACLE':
      return <ObstacleScreen obstacle={screen.obstacle} />;
    case 'LIBRARY':
      return <LibraryScreen mobileIds={screen.mobileIds} renewal={renewal} />;
    case 'INVITED':
      return <InvitedScreen busy={screen.busy} onContinue={() => void session.claim()} />;
    case 'TASK':
      return (
        <TaskScreen
          task={screen.task}
          onCreate={() => void session.complete()}
          onCancel={() => void session.cancel()}
        />
      );
    case 'WORKING':
      return <WorkingScreen {...screen} onCancel={() => void session.cancel()} />;
    case 'DONE':
      return <DoneScreen {...screen} onFinish={() => void session.showLibrary()} />;
    case 'CANCELLED':
      return (
        <CancelledScreen isShared={screen.isShared} onFinish={() => void session.showLibrary()} />
      );
    case 'PROBLEM':
      return (
        <ProblemScreen
          advice={screen.advice}
          onRetry={() => void session.tryAgain()}
          onLeave={() => void session.showLibrary()}
        />
      );
  }
}
