import { Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import { PageTitle } from '../../shared/page-title.js';
import { BackLink } from '../back-link.js';
import { useSession } from '../sign-in/session-context.js';
import { CompanySection } from './company-section.js';
import { MethodsArea } from './methods-area.js';
import { PasswordSection } from './password-section.js';
import { SessionsSection } from './sessions-section.js';

/** What signs one in, and where one is signed in. */
export function AccountPage(): ReactElement {
  const { user } = useSession();
  const [version, setVersion] = useState(0);
  return (
    <Stack gap="xl">
      <BackLink />
      <Stack gap={4}>
        <PageTitle>My account</PageTitle>
        <Text c="dimmed">
          {[user.displayName, user.username, user.email].filter(Boolean).join(' · ')}
        </Text>
      </Stack>
      <MethodsArea />
      <CompanySection />
      <PasswordSection
        onChanged={() => {
          setVersion((count) => count + 1);
        }}
      />
      <SessionsSection key={version} />
    </Stack>
  );
}
