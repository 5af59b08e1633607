import { parseId, type EnrolmentId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { ProjectService } from '../projects/project.service.js';
import type { DeviceService } from '../profiles/device.service.js';
import type { UserService } from '../users/user.service.js';
import type { EnrolmentLog } from './enrolment-log.service.js';
import type { EnrolmentSecrets } from './enrolment-secrets.js';
import { canBeScanned } from './enrolment-status.js';
import type { Enrolment, EnrolmentService } from './enrolment.service.js';

interface Recipient {
  readonly enrolment: Enrolment;
  readonly address: string;
  readonly displayName: string;
  readonly projectName: string;
}
export interface Invitation extends Recipient {
  readonly link: string;
  readonly emailSubject: string;
  readonly emailMessage: string;
}
export interface Notice extends Recipient {
  readonly deviceName: string | null;
}

/** What the mails about an enrolment say, read when they are sent; and what their delivery means for it. */
export class DeliveryService {
  constructor(
    private readonly ports: {
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly devices: DeviceService;
      readonly audit: AuditService;
      readonly publicUrl: string;
    },
  ) {}

  /** Null where its code can no longer be scanned. */
  async invitation(scope: Scope, id: string): Promise<Invitation | null> {
    const recipient = await this.recipient(scope, id);
    if (recipient === null) return null;
    const { enrolment } = recipient;
    if (!canBeScanned(enrolment, scope.now)) return null;
    const { settings } = await this.ports.projects.get(scope, enrolment.projectId);
    const { emailSubject, emailMessage } = settings;
    return { ...recipient, link: this.linkOf(enrolment), emailSubject, emailMessage };
  }

  async notice(scope: Scope, id: string): Promise<Notice | null> {
    const recipient = await this.recipient(scope, id);
    if (recipient === null) return null;
    const { deviceId } = recipient.enrolment;
    const device = deviceId === null ? null : await this.ports.devices.load(scope, deviceId);
    return { ...recipient, deviceName: device?.name ?? null };
  }

  /** What the QR code says. */
  linkOf(enrolment: Pick<Enrolment, 'id' | 'generation'>): string {
    const { secrets, publicUrl } = this.ports;
    return `${publicUrl}/m#${secrets.code(enrolment.id, enrolment.generation)}`;
  }

  /** The next server has taken the mail. */
  async delivered(scope: ChangeScope, id: string): Promise<void> {
    const enrolment = await this.delivering(scope, id);
    if (enrolment) await this.ports.log.move(scope, enrolment.id, 'WAITING_FOR_SCAN');
  }

  /** The mail could not be handed over, however often it was tried. */
  async givenUp(scope: ChangeScope, id: string): Promise<void> {
    const enrolment = await this.delivering(scope, id);
    if (enrolment === null) return;
    await this.ports.log.move(scope, enrolment.id, 'FAILED', { failure: 'CHANNEL_NOT_AVAILABLE' });
    await this.ports.audit.record(scope, {
      action: 'enrolment.deliver',
      target: `enrolment:${enrolment.id}`,
      outcome: 'REFUSED',
      detail: 'CHANNEL_NOT_AVAILABLE',
    });
  }

  private async delivering(scope: ChangeScope, id: string): Promise<Enrolment | null> {
    const enrolmentId = parseId<EnrolmentId>(id);
    const enrolment = enrolmentId && (await this.ports.enrolments.lock(scope, enrolmentId));
    return enrolment?.status === 'DELIVERING' ? enrolment : null;
  }

  private async recipient(scope: Scope, id: string): Promise<Recipient | null> {
    const enrolmentId = parseId<EnrolmentId>(id);
    const enrolment = enrolmentId && (await this.ports.enrolments.find(scope, enrolmentId));
    if (enrolment === undefined || enrolment.userId === null) return null;
    const user = await this.ports.users.find(scope, enrolment.userId);
    const project = await this.ports.projects.find(scope, enrolment.projectId);
    if (user === undefined || user.email === null || project === undefined) return null;
    return {
      enrolment,
      address: user.email,
      displayName: user.displayName,
      projectName: project.name,
    };
  }
}
