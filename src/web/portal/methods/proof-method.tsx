import type { ReactElement } from 'react';
import type { ProofWay } from '../step-up/step-up.js';
import { ClientCertificateMethod } from './client-certificate-method.js';
import { EmailCodeMethod } from './email-code-method.js';
import type { MethodProps } from './method-props.js';
import { MobileIdMethod } from './mobile-id-method.js';
import { PasskeyMethod } from './passkey-method.js';
import { PasswordMethod } from './password-method.js';
import { RedirectMethod } from './redirect-method.js';
import { SmsCodeMethod } from './sms-code-method.js';
import { TotpMethod } from './totp-method.js';

interface ProofMethodProps extends MethodProps {
  readonly way: ProofWay;
}

/** One way to prove who one is, from the button that chooses it to the proof. */
export function ProofMethod({ way, ...method }: ProofMethodProps): ReactElement {
  switch (way.kind) {
    case 'PASSWORD':
      return <PasswordMethod {...method} />;
    case 'PASSKEY':
      return <PasskeyMethod {...method} />;
    case 'EMAIL_CODE':
      return <EmailCodeMethod {...method} />;
    case 'SMS_CODE':
      return <SmsCodeMethod {...method} />;
    case 'TOTP':
      return <TotpMethod {...method} />;
    case 'CLIENT_CERTIFICATE':
      return <ClientCertificateMethod {...method} />;
    case 'MOBILE_ID':
      return <MobileIdMethod {...method} />;
    case 'REDIRECT':
      return <RedirectMethod label={way.label} url={way.url} />;
  }
}
