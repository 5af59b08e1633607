import type { ReactElement } from 'react';
import { AnsweredScreen, DeclinedScreen } from '../end-screens.js';
import { LoadingScreen } from '../loading-screen.js';
import { ObstacleScreen } from '../obstacle-screen.js';
import { ProblemScreen } from '../problem-screen.js';
import type { ProofScreen, ProofSession } from './proof-session.js';
import { QuestionScreen } from './question-screen.js';

interface ProofScreensProps {
  readonly screen: Exclude<ProofScreen, { readonly name: 'IDLE' }>;
  readonly proof: ProofSession;
  /** To the mobile IDs on this phone. */
  readonly onLeave: () => void;
}

/** The question whether it is you, in each of its states. */
export function ProofScreens({ screen, proof, onLeave }: ProofScreensProps): ReactElement {
  switch (screen.name) {
    case 'LOADING':
      return <LoadingScreen />;
    case 'OBSTACLE':
      return <ObstacleScreen obstacle={screen.obstacle} />;
    case 'QUESTION':
      return (
        <QuestionScreen
          {...screen}
          onAnswer={(number) => void proof.answer(screen.question, number)}
          onDecline={() => void proof.decline(screen.question)}
        />
      );
    case 'ANSWERED':
      return <AnsweredScreen onFinish={onLeave} />;
    case 'DECLINED':
      return <DeclinedScreen onFinish={onLeave} />;
    case 'PROBLEM':
      return (
        <ProblemScreen
          advice={screen.advice}
          onRetry={() => void proof.tryAgain()}
          onLeave={onLeave}
        />
      );
  }
}
