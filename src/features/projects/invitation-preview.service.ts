import { partsOf } from '../../platform/sms/sms-parts.js';
import type { Scope } from '../../platform/scope.js';
import { DomainError } from '../../kernel/errors.js';
import { INVITATION_PLACEHOLDERS } from '../notifications/invitation-text.service.js';
import { invitationMail } from '../notifications/mail-template.service.js';
import { invitationSms } from '../notifications/sms-template.service.js';
import type { ProjectService, SettingsInput } from './project.service.js';
import { NAME_PLACEHOLDERS, SUBJECT_PLACEHOLDERS } from './settings/setting-checks.js';

export interface InvitationPreview {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly sms: { readonly text: string; readonly parts: number; readonly encoding: string };
}

export interface Placeholder {
  readonly name: string;
  readonly meaning: string;
  readonly settings: readonly string[];
}

/** As long as a code, and none. */
const SAMPLE_CODE = 'ExampleExampleExample0';
const SAMPLE_NAME = 'Alva Example';
const SAMPLE_ADDRESS = 'alva@example.org';

const MEANINGS: Readonly<Record<string, string>> = {
  displayName: 'How the user is called.',
  projectName: 'Name of the project.',
  serverName: 'The setting serverName.',
  link: 'Link of the page that shows the QR code; put at the end where the text lacks it.',
  expiresAt: 'Until when the code can be scanned, in the language of the project, UTC.',
  username: 'The name that the user signs in with.',
  email: 'Mail address of the user; empty where he has none.',
};
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  emailSubject: SUBJECT_PLACEHOLDERS,
  emailMessage: INVITATION_PLACEHOLDERS,
  smsMessage: INVITATION_PLACEHOLDERS,
  profileNameTemplate: NAME_PLACEHOLDERS,
  accountNameTemplate: NAME_PLACEHOLDERS,
};

/** What can stand in a project's texts, and where. */
export function placeholders(): Placeholder[] {
  return Object.entries(MEANINGS).map(([name, meaning]) => ({
    name,
    meaning,
    settings: Object.keys(ALLOWED).filter((setting) => ALLOWED[setting]?.includes(name)),
  }));
}

/** Shows texts before they are stored. */
export class InvitationPreviewService {
  constructor(
    private readonly projects: ProjectService,
    private readonly publicUrl: string,
  ) {}

  /** @throws DomainError NOT_FOUND, INVALID_INPUT, CHANNEL_NOT_AVAILABLE as where the settings are stored */
  async preview(scope: Scope, id: string, changes: SettingsInput): Promise<InvitationPreview> {
    const project = await this.projects.find(scope, id);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    const settings = this.projects.merge(project, changes);
    const facts = {
      to: SAMPLE_ADDRESS,
      displayName: SAMPLE_NAME,
      projectName: project.name,
      ...settings,
      link: `${this.publicUrl}/i#${SAMPLE_CODE}`,
      scanned: `${this.publicUrl}/m#${SAMPLE_CODE}`,
      expiresAt: new Date(scope.now.getTime() + settings.invitationTtlSeconds * 1000),
    };
    const { subject, text, html, inlineImages = [] } = await invitationMail(facts);
    const sms = invitationSms(facts).text;
    const { parts, encoding } = partsOf(sms);
    return {
      subject,
      text,
      html: withImages(html, inlineImages),
      sms: { text: sms, parts: parts.length, encoding },
    };
  }
}

function withImages(
  html: string,
  images: readonly { readonly cid: string; readonly png: Buffer }[],
): string {
  return images.reduce(
    (shown, { cid, png }) =>
      shown.replace(`src="cid:${cid}"`, `src="data:image/png;base64,${png.toString('base64')}"`),
    html,
  );
}
