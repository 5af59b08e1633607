import type { ReactElement } from 'react';
import { PageFrame } from '../shared/page-frame.js';
import { App } from './app.js';
import { SetPasswordPage } from './password/set-password-page.js';
import { hashOf } from './route.js';
import { useArrival, type Arrival } from './sign-in/arrival.js';
import type { SessionEnd } from './sign-in/session-end.js';

interface PortalProps {
  readonly arrival: Arrival;
  readonly sessionEnd: SessionEnd;
}

/** The portal, or the page that a mailed link leads to, which asks for no sign-in. */
export function Portal({ arrival, sessionEnd }: PortalProps): ReactElement {
  const state = useArrival(arrival);
  if (state.kind === 'SET_PASSWORD') {
    return (
      <PageFrame>
        <SetPasswordPage
          key={state.token}
          token={state.token}
          onSet={() => {
            arrival.passwordSet();
          }}
          onAskAgain={() => {
            arrival.leaveForPortal(hashOf({ page: 'FORGOT_PASSWORD' }));
          }}
        />
      </PageFrame>
    );
  }
  return (
    <App sessionEnd={sessionEnd} notice={state.notice} onNoticeClosed={arrival.dismissNotice} />
  );
}
