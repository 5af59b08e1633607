import type { Scope } from '../../../platform/scope.js';
import { sheetTexts } from '../../notifications/sheet-text.service.js';
import { qrPng, qrSvg } from '../../qr/qr.service.js';
import { sheetsPdf } from '../../qr/sheet.service.js';
import type { ProjectService } from '../project.service.js';
import type { SelfRegistration, SelfRegistrationService } from './self-registration.service.js';

export const ACTIVATION_CODE_FORMATS = ['png', 'svg', 'pdf'] as const;
export type ActivationCodeFormat = (typeof ACTIVATION_CODE_FORMATS)[number];

/** Large enough to be printed. */
const PNG_PIXELS = 1024;

/** A project's activation code as pictures, and as a page to print. */
export class ActivationSheetService {
  constructor(
    private readonly ports: {
      readonly projects: ProjectService;
      readonly selfRegistrations: SelfRegistrationService;
    },
  ) {}

  /** @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE */
  async file(scope: Scope, projectId: string, format: ActivationCodeFormat): Promise<Buffer> {
    const { selfRegistrations } = this.ports;
    const { own } = await selfRegistrations.get(scope, projectId);
    if (format === 'pdf') return this.pdf(scope, own);
    const uri = selfRegistrations.linkOf(own);
    return format === 'png' ? qrPng(uri, PNG_PIXELS) : Buffer.from(await qrSvg(uri));
  }

  /** One A4 page. */
  async pdf(scope: Scope, own: SelfRegistration): Promise<Buffer> {
    const { projects, selfRegistrations } = this.ports;
    const { name, settings } = await projects.get(scope, own.projectId);
    const { language } = settings;
    const texts = sheetTexts(language);
    const sheet = {
      title: name,
      lead: texts.lead(settings.serverName),
      uri: selfRegistrations.linkOf(own),
      uriLabel: texts.uriLabel,
      instructions: settings.instructions,
      links: settings.appLinks,
    };
    return sheetsPdf([sheet], { title: name, language, now: scope.now });
  }
}
