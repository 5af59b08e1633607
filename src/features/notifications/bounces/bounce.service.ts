import type { ChangeScope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { MessageQueue } from '../messages/message-queue.service.js';
import type { BounceAddresses } from './bounce-addresses.js';
import { readDeliveryReport } from './delivery-report.js';

/** What a mail to the return path was taken for. */
export type BounceOutcome = 'BOUNCED' | 'IGNORED';

/** Mails that came back. */
export class BounceService {
  constructor(
    private readonly addresses: BounceAddresses,
    private readonly messages: MessageQueue,
    private readonly audit: AuditService,
  ) {}

  /**
   * Takes a mail to one of the return paths. Delays, answers of people and what was told before change nothing.
   * @param envelope the address that it was sent to, where the mail server tells; else its headers have to
   */
  async take(scope: ChangeScope, raw: Buffer, envelope: string | null): Promise<BounceOutcome> {
    const { recipients, failure } = await readDeliveryReport(raw);
    if (failure === null) return 'IGNORED';
    const told = envelope === null ? recipients : [envelope];
    const returned = told.map((address) => this.addresses.read(address)).find((each) => each);
    if (returned === undefined) return 'IGNORED';
    const problem = `The mail came back (${failure}).`;
    if (!(await this.messages.noteBounce(scope, returned, problem))) return 'IGNORED';
    await this.audit.record(scope, {
      action: 'message.bounce',
      target: `message:${returned.id}`,
      detail: failure,
    });
    return 'BOUNCED';
  }
}
