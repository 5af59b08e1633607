import { ArgsType, Field } from 'type-graphql';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { MembershipArgs } from '../../members/member.types.js';
import type { DeliveryChannel } from '../../projects/project.service.js';
import { DeliveryChannelEnum } from '../../projects/settings/settings.types.js';
import { INVITATION_STATUSES } from './invitation-status.js';

export const InvitationStatusEnum = graphqlEnum(INVITATION_STATUSES, {
  name: 'InvitationStatus',
  description: 'Where an invitation by mail or text message stands.',
  meanings: {
    QUEUED: 'It is waiting to be handed over to the mail or SMS server.',
    SENT: 'The next server took it. Nobody has opened it yet, as far as is known.',
    BOUNCED: 'It came back: the address does not take it.',
    OPENED: 'Its link was opened, or a phone has scanned its code; it is not finished yet.',
    ACTIVE: 'It led to a mobile ID, which is there; perhaps it is suspended.',
    EXPIRED: 'It ran out unfinished, or the mobile ID that it led to has run out since.',
    SUPERSEDED: 'A newer invitation or order took its place.',
    RESET:
      'It led to a mobile ID that was revoked since, or suspended because the user was removed from the project.',
    FAILED: 'It could not be delivered, or the enrolment has failed.',
    CANCELLED:
      'Somebody has cancelled it, or the address, the user or the project membership it went by is gone.',
  },
});

@ArgsType()
export class InviteArgs extends MembershipArgs {
  @Field(() => DeliveryChannelEnum, {
    nullable: true,
    description: 'EMAIL or SMS; the first one of the project that reaches him, if left out.',
  })
  channel?: DeliveryChannel | null;
}
