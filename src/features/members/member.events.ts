import type { MemberId, ProjectId, UserId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

export interface MemberEvent {
  readonly memberId: MemberId;
  readonly projectId: ProjectId;
  readonly userId: UserId;
}

/** The user is one of the project's, for the first time or again. */
export const memberAdded = eventType<MemberEvent>('member.added');

/** The IDs that other systems know him by have changed. */
export const memberChanged = eventType<MemberEvent>('member.changed');

/** He is no longer one of the project's: nothing that he has or awaits there may be used. */
export const memberRemoved = eventType<MemberEvent>('member.removed');
