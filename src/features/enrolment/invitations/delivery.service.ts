import { parseId, type EnrolmentId } from '../../../kernel/ids.js';
import type { Language } from '../../../kernel/language.js';
import type { Scope } from '../../../platform/scope.js';
import type { DeviceService } from '../../profiles/device.service.js';
import type { Project, ProjectService } from '../../projects/project.service.js';
import type { User, UserService } from '../../users/user.service.js';
import type { EnrolmentSecrets } from '../enrolment-secrets.js';
import { canBeScanned } from '../enrolment-status.js';
import type { Enrolment, EnrolmentService } from '../enrolment.service.js';

type Channel = 'EMAIL' | 'SMS';

interface Recipient {
  readonly enrolment: Enrolment;
  /** A mail address or a number. */
  readonly address: string;
  readonly displayName: string;
  readonly projectName: string;
  readonly language: Language;
}
export interface Invitation extends Recipient {
  /** Of the page that shows the QR code, or leads the phone on. */
  readonly link: string;
  /** What the QR code says. */
  readonly scanned: string;
  readonly texts: Pick<Project['settings'], 'emailSubject' | 'emailMessage' | 'smsMessage'>;
}
export interface Notice extends Recipient {
  readonly deviceName: string | null;
}

/** What the mails and text messages about an enrolment say, read when they are sent. */
export class DeliveryService {
  constructor(
    private readonly ports: {
      readonly enrolments: EnrolmentService;
      readonly secrets: EnrolmentSecrets;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly devices: DeviceService;
      readonly publicUrl: string;
    },
  ) {}

  /** Null where its code can no longer be scanned, or goes another way. */
  async invitation(scope: Scope, id: string, channel: Channel): Promise<Invitation | null> {
    const found = await this.recipient(scope, id, channel);
    if (found === null) return null;
    const { recipient, project } = found;
    const { enrolment } = recipient;
    if (enrolment.channel !== channel || !canBeScanned(enrolment, scope.now)) return null;
    return {
      ...recipient,
      link: this.pageOf(enrolment),
      scanned: this.linkOf(enrolment),
      texts: project.settings,
    };
  }

  async notice(scope: Scope, id: string): Promise<Notice | null> {
    const found = await this.recipient(scope, id, 'EMAIL');
    if (found === null) return null;
    const { deviceId } = found.recipient.enrolment;
    const device = deviceId === null ? null : await this.ports.devices.load(scope, deviceId);
    return { ...found.recipient, deviceName: device?.name ?? null };
  }

  /** What the QR code says. */
  linkOf(enrolment: Pick<Enrolment, 'id' | 'generation'>): string {
    return `${this.ports.publicUrl}/m#${this.codeOf(enrolment)}`;
  }

  /** Of the page that shows the QR code on a computer. */
  private pageOf(enrolment: Enrolment): string {
    return `${this.ports.publicUrl}/i#${this.codeOf(enrolment)}`;
  }

  private codeOf({ id, generation }: Pick<Enrolment, 'id' | 'generation'>): string {
    return this.ports.secrets.code(id, generation);
  }

  private async recipient(
    scope: Scope,
    id: string,
    channel: Channel,
  ): Promise<{ recipient: Recipient; project: Project } | null> {
    const enrolmentId = parseId<EnrolmentId>(id);
    const enrolment = enrolmentId && (await this.ports.enrolments.find(scope, enrolmentId));
    if (enrolment === undefined || enrolment.userId === null) return null;
    const user = await this.ports.users.find(scope, enrolment.userId);
    const project = await this.ports.projects.find(scope, enrolment.projectId);
    const address = user === undefined ? null : addressOf(user, channel);
    if (user === undefined || address === null || project === undefined) return null;
    const recipient = {
      enrolment,
      address,
      displayName: user.displayName,
      projectName: project.name,
      language: project.settings.language,
    };
    return { recipient, project };
  }
}

function addressOf({ email, phone }: User, channel: Channel): string | null {
  return channel === 'EMAIL' ? email : phone;
}
