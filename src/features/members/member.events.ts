import type { MemberId, ProjectId, UserId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

export interface MemberEvent {
  readonly memberId: MemberId;
  readonly projectId: ProjectId;
  readonly userId: UserId;
}

/**
 * Who is one of the project's is not as it was for these users: they came or went, one or a thousand at a time. Told before what
 * it means for each of them.
 */
export const membershipsChanged = eventType<{
  readonly projectId: ProjectId;
  readonly userIds: readonly UserId[];
}>('member.memberships-changed');

/** The user is one of the project's, for the first time or again; not told of those who come by the thousand, and are new to it. */
export const memberAdded = eventType<MemberEvent>('member.added');

/** The IDs that other systems know him by have changed. */
export const memberChanged = eventType<MemberEvent>('member.changed');

/** He is no longer one of the project's: nothing that he has or awaits there may be used. */
export const memberRemoved = eventType<MemberEvent>('member.removed');
