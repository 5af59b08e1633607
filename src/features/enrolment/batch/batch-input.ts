import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { parseId, type UserId } from '../../../kernel/ids.js';
import { sha256 } from '../../../kernel/secrets.js';
import type { DeliveryChannel, Project } from '../../projects/project.service.js';
import { certificatesOf, validityOf } from '../ordering/order.js';

/** As a request body takes them; members of a project may be more. */
const MAX_NAMED = 5000;
export const MAX_MEMBERS = 100_000;

/** For whom, and what; what is left out comes from the project. */
export interface BatchInput {
  readonly userIds?: readonly string[] | null;
  readonly allMembers?: boolean | null;
  readonly channel?: DeliveryChannel | null;
  readonly certificates?: readonly CertificateKind[] | null;
  readonly validityDays?: number | null;
  readonly skipHolders?: boolean | null;
  readonly idempotencyKey?: string | null;
}

/** What is the same for all of them. */
export interface BatchTerms {
  readonly channel: DeliveryChannel;
  readonly certificates: CertificateKind[];
  readonly validityDays: number | null;
  readonly skipsHolders: boolean;
}

/** Null: the members of the project, all of them. @throws DomainError INVALID_INPUT */
export function namedUsers({ userIds, allMembers }: BatchInput): UserId[] | null {
  const isForAll = allMembers === true;
  if (isForAll === Array.isArray(userIds)) {
    throw invalidInput('input.userIds', 'Give either userIds or allMembers.');
  }
  if (isForAll) return null;
  const wanted = userIds ?? [];
  if (wanted.length === 0) throw invalidInput('input.userIds', 'Name at least one user.');
  if (wanted.length > MAX_NAMED) {
    throw invalidInput('input.userIds', `Name at most ${String(MAX_NAMED)} users.`);
  }
  const ids = wanted.map((text, i) => {
    const id = parseId<UserId>(text);
    if (id === undefined) throw invalidInput(`input.userIds.${String(i)}`, 'It is no id.');
    return id;
  });
  return [...new Set(ids)];
}

/** @throws DomainError CHANNEL_NOT_AVAILABLE, CERTIFICATE_NOT_SELECTABLE, INVALID_INPUT */
export function termsOf(project: Project, input: BatchInput): BatchTerms {
  const { channels } = project.settings;
  const channel = input.channel ?? channels[0];
  if (channel === undefined || !channels.includes(channel)) {
    throw new DomainError('CHANNEL_NOT_AVAILABLE', { channel: channel ?? null });
  }
  return {
    channel,
    certificates: certificatesOf(project, input),
    validityDays: validityOf(project, input),
    skipsHolders: input.skipHolders ?? false,
  };
}

/** Of all that makes one batch the same as another: what was asked for, not what that meant on the day. */
export function batchDigest(
  projectId: string,
  userIds: readonly UserId[] | null,
  { channel, certificates, validityDays, skipHolders }: BatchInput,
): Buffer {
  return sha256(
    JSON.stringify([
      projectId,
      userIds === null ? null : [...userIds].sort(),
      channel ?? null,
      certificates ? [...certificates].sort() : null,
      validityDays ?? null,
      skipHolders ?? false,
    ]),
  );
}
