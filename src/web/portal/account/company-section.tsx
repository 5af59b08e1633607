import { Stack } from '@mantine/core';
import { useMemo, type ReactElement } from 'react';
import { useQuery } from 'urql';
import { RedirectMethod } from '../methods/redirect-method.js';
import { SIGN_IN_OPTIONS } from '../sign-in/documents.js';
import { waysToSignIn } from '../step-up/step-up.js';
import { currentPlace } from '../use-route.js';
import { AccountSection } from './account-section.js';

/** Identity providers; coming back from one within a session links it to the account. None are offered, nothing is shown. */
export function CompanySection(): ReactElement | null {
  const variables = useMemo(() => ({ returnTo: currentPlace() }), []);
  const [{ data }] = useQuery({ query: SIGN_IN_OPTIONS, variables });
  const ways = waysToSignIn(data?.signInOptions ?? []).filter((way) => way.kind === 'REDIRECT');
  if (ways.length === 0) return null;
  return (
    <AccountSection
      name="company"
      title="Company sign-in"
      description="Sign in there once from here, and it is linked to this account."
      done={undefined}
    >
      <Stack gap="xs" maw={400}>
        {ways.map(({ label, url }) => (
          <RedirectMethod key={url} label={label} url={url} />
        ))}
      </Stack>
    </AccountSection>
  );
}
