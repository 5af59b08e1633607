import { Button } from '@mantine/core';
import { IconDeviceMobileCode, IconPlus } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import { useClient } from 'urql';
import { formatDay, formatMoment } from '../../shared/dates.js';
import { fieldMessageOf, problemIn, problemOf } from '../../shared/errors.js';
import { ACCOUNT_TEXT } from './account-text.js';
import { AccountSection } from './account-section.js';
import { CredentialCard } from './credential-card.js';
import {
  CONFIRM_TOTP_ENROLMENT,
  REMOVE_TOTP_AUTHENTICATOR,
  START_TOTP_ENROLMENT,
  type TotpAuthenticator,
  type TotpEnrolment,
} from './documents.js';
import { GuardedOutcome } from './guarded-outcome.js';
import { NameForm } from './name-form.js';
import { TotpConfirmation } from './totp-confirmation.js';
import { useGuarded } from './use-guarded.js';

interface TotpSectionProps {
  readonly authenticators: readonly TotpAuthenticator[];
  readonly onChanged: () => void;
}

type Adding = 'NO' | 'NAMING' | TotpEnrolment;

const HERE = {
  ...ACCOUNT_TEXT,
  'CONFLICT/TOO_MANY_AUTHENTICATORS':
    'You have as many authenticator apps as you may have. Remove one first.',
  INVALID_TRANSITION: 'This app was confirmed already. Reload the page.',
  INVALID_CREDENTIALS:
    'That code is not right. Check that the clock of the phone is right, and try the next code.',
};

export function TotpSection({ authenticators, onChanged }: TotpSectionProps): ReactElement {
  const client = useClient();
  const guarded = useGuarded();
  const [adding, setAdding] = useState<Adding>('NO');
  const [refusals, setRefusals] = useState(0);

  const start = (name: string): Promise<void> =>
    guarded.run(async () => {
      const { data, error } = await client.mutation(START_TOTP_ENROLMENT, { name }).toPromise();
      if (!data) return problemOf(error ?? {});
      setAdding(data.startTotpEnrolment);
      return undefined;
    }, 'Now scan the code with the app.');
  const confirm = ({ authenticator }: TotpEnrolment, code: string): Promise<void> =>
    guarded.run(async () => {
      const { id } = authenticator;
      const problem = problemIn(
        await client.mutation(CONFIRM_TOTP_ENROLMENT, { id, code }).toPromise(),
      );
      if (problem) setRefusals((count) => count + 1);
      else {
        setAdding('NO');
        onChanged();
      }
      return problem;
    }, `The authenticator app ${authenticator.name} is added.`);
  const remove = ({ id, name }: TotpAuthenticator): Promise<void> =>
    guarded.run(async () => {
      const problem = problemIn(
        await client.mutation(REMOVE_TOTP_AUTHENTICATOR, { id }).toPromise(),
      );
      if (!problem) onChanged();
      return problem;
    }, `The authenticator app ${name} is removed.`);
  const complaint = fieldMessageOf(guarded.problem, 'name');
  const leave = async (): Promise<void> => {
    setAdding('NO');
    guarded.giveUp();
    if (typeof adding !== 'object') return;
    // Where that is refused the list shows it as not finished, and it goes by itself.
    await client.mutation(REMOVE_TOTP_AUTHENTICATOR, { id: adding.authenticator.id }).toPromise();
    onChanged();
  };

  return (
    <AccountSection
      name="totp"
      title="Authenticator apps"
      description="An app on your phone that shows a new six-digit code every half minute."
      done={adding === 'NO' ? guarded.done : undefined}
    >
      {authenticators.map((authenticator) => (
        <CredentialCard
          key={authenticator.id}
          icon={<IconDeviceMobileCode size={20} stroke={1.7} aria-hidden="true" />}
          name={authenticator.name}
          badge={authenticator.isConfirmed ? undefined : 'Not finished'}
          details={detailsOf(authenticator)}
          action="Remove"
          warning="Its codes will not count any more."
          busy={guarded.busy}
          onAction={() => void remove(authenticator)}
        />
      ))}
      <GuardedOutcome
        guarded={complaint === undefined ? guarded : { ...guarded, problem: undefined }}
        purpose="to change your authenticator apps"
        here={HERE}
      />
      {adding === 'NAMING' && !guarded.waiting && (
        <NameForm
          label="Name of the app"
          description="So that you know it again, e.g. by the phone it is on."
          suggestion="My phone"
          submit="Show the code to scan"
          busy={guarded.busy}
          error={complaint}
          onSubmit={(name) => void start(name)}
          onCancel={() => void leave()}
        />
      )}
      {typeof adding === 'object' && !guarded.waiting && (
        <TotpConfirmation
          enrolment={adding}
          busy={guarded.busy}
          refusals={refusals}
          onCode={(code) => void confirm(adding, code)}
          onCancel={() => void leave()}
        />
      )}
      {adding === 'NO' && !guarded.waiting && (
        <Button
          variant="default"
          leftSection={<IconPlus size={16} stroke={1.7} aria-hidden="true" />}
          style={{ alignSelf: 'flex-start' }}
          onClick={() => {
            guarded.giveUp();
            setAdding('NAMING');
          }}
        >
          Add an authenticator app
        </Button>
      )}
    </AccountSection>
  );
}

function detailsOf({ createdAt, lastUsedAt, isConfirmed }: TotpAuthenticator): string[] {
  const added = `Added on ${formatDay(createdAt)}`;
  if (!isConfirmed) return [added, 'No code of it was confirmed, so it does not count.'];
  return [added, lastUsedAt === null ? 'Not used yet' : `Last used ${formatMoment(lastUsedAt)}`];
}
