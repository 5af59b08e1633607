import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { AccountSection } from '../account/account-section.js';
import { GuardedOutcome } from '../account/guarded-outcome.js';
import { SecondThought } from '../account/second-thought.js';
import type { ProfileInDetail } from '../home/documents.js';
import { hashOf } from '../route.js';
import { deviceNoun } from './device-text.js';
import { MoveCard } from './move-card.js';
import { movesOf, type Move } from './mobile-id-moves.js';
import { MOVE_PROBLEMS } from './mobile-id-text.js';
import { RevokeForm } from './revoke-form.js';
import { useMoves, type Moves } from './use-moves.js';

interface MovesSectionProps {
  readonly profile: ProfileInDetail;
  readonly onChanged: () => void;
}

const PURPOSES = {
  SUSPEND: 'to suspend this mobile ID',
  REACTIVATE: 'to reactivate this mobile ID',
  REVOKE: 'to revoke this mobile ID',
} as const;

/** What its holder can do about a mobile ID now, and how it went. */
export function MovesSection({ profile, onChanged }: MovesSectionProps): ReactElement {
  const moves = useMoves(profile.id, onChanged);
  const possible = movesOf(profile);
  const { guarded, begun } = moves;
  return (
    <AccountSection
      name="moves"
      title="What you can do"
      description={
        possible.length === 0
          ? 'Nothing can be changed about this mobile ID any more. It only stands here as a record.'
          : 'It takes effect at once.'
      }
      done={guarded.done}
    >
      <GuardedOutcome
        guarded={guarded}
        purpose={PURPOSES[begun ?? 'SUSPEND']}
        here={MOVE_PROBLEMS}
      />
      {!guarded.waiting &&
        possible.map((move) => (
          <PossibleMove key={move} move={move} moves={moves} profile={profile} />
        ))}
    </AccountSection>
  );
}

interface PossibleMoveProps {
  readonly move: Move;
  readonly moves: Moves;
  readonly profile: ProfileInDetail;
}

const ICON = { size: 20, stroke: 1.7, 'aria-hidden': true } as const;

function PossibleMove({ move, moves, profile }: PossibleMoveProps): ReactElement {
  const { busy } = moves.guarded;
  const device = deviceNoun(profile.device);
  switch (move) {
    case 'SUSPEND':
      return (
        <MoveCard
          name={move}
          icon={<IconPlayerPause {...ICON} />}
          title={`I have mislaid my ${device}`}
          description={`Suspend this mobile ID until the ${device} turns up. You can take that back yourself.`}
          action="Suspend"
          busy={busy}
          thought={(close) => (
            <SecondThought
              action="Suspend"
              warning="Nobody can use it until you reactivate it, and for that you prove by another method who you are."
              onYes={() => {
                close();
                moves.suspend();
              }}
              onNo={close}
            />
          )}
        />
      );
    case 'REACTIVATE':
      return (
        <MoveCard
          name={move}
          icon={<IconPlayerPlay {...ICON} />}
          title={`I have my ${device} back`}
          description={`Reactivate this mobile ID, if you are sure that nobody else had the ${device}. Otherwise replace it.`}
          action="Reactivate"
          busy={busy}
          onAction={moves.reactivate}
        />
      );
    case 'REPLACE':
      return (
        <MoveCard
          name={move}
          icon={<IconRefresh {...ICON} />}
          title={`I have lost this ${device}, or have a new one`}
          description={`Get a new mobile ID on another ${device}. This one is revoked at the moment the new one becomes active.`}
          action="Replace"
          href={hashOf({
            page: 'REPLACEMENT',
            projectId: profile.project.id,
            replacesProfileId: profile.id,
          })}
        />
      );
    case 'REVOKE':
      return (
        <MoveCard
          name={move}
          icon={<IconTrash {...ICON} />}
          title="Nobody is to use it again"
          description="Revoke this mobile ID for good, without a new one in its place."
          action="Revoke"
          busy={busy}
          thought={(close) => (
            <RevokeForm
              device={device}
              onRevoke={(why) => {
                close();
                moves.revoke(why);
              }}
              onKeep={close}
            />
          )}
        />
      );
  }
}
