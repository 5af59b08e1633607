import type { ReactElement } from 'react';
import { AccountPage } from './account/account-page.js';
import { EnrolmentPage } from './enrolment/enrolment-page.js';
import { HomePage } from './home/home-page.js';
import { MobileIdPage } from './mobile-id/mobile-id-page.js';
import { OrderPage } from './order/order-page.js';
import { ReplacementPage } from './order/replacement-page.js';
import { ForgotPasswordPage } from './password/forgot-password-page.js';
import { hashOf } from './route.js';
import { useSession } from './sign-in/session-context.js';
import { useRoute } from './use-route.js';

/** The page that the address names. */
export function SignedInPage(): ReactElement {
  const route = useRoute();
  const { user } = useSession();
  switch (route.page) {
    case 'HOME':
      return <HomePage />;
    case 'ACCOUNT':
      return <AccountPage />;
    case 'FORGOT_PASSWORD':
      return <ForgotPasswordPage signedInAs={user.username} />;
    case 'ORDER':
      return <OrderPage key={route.projectId} projectId={route.projectId} />;
    case 'REPLACEMENT':
      return <ReplacementPage key={hashOf(route)} {...route} />;
    case 'ENROLMENT':
      return <EnrolmentPage key={route.enrolmentId} enrolmentId={route.enrolmentId} />;
    case 'MOBILE_ID':
      return <MobileIdPage key={route.profileId} profileId={route.profileId} />;
  }
}
