import { Router } from 'express';
import {
  ACTIVATION_CODE_FORMATS,
  type ActivationCodeFormat,
  type ActivationSheetService,
} from '../../../features/projects/self-registration/activation-sheet.service.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { guarded, type GuardedParts } from '../guarded-exchange.js';

export interface ProjectFilesParts extends GuardedParts {
  readonly work: UnitOfWork;
  readonly activationSheets: ActivationSheetService;
}

const TYPES: Readonly<Record<ActivationCodeFormat, string>> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
};

/** What is downloaded of projects: judged as the fields that show the same. To be mounted under `/projects`. */
export function projectFiles(parts: ProjectFilesParts): Router {
  const { work, activationSheets } = parts;
  const router = Router({ caseSensitive: true, strict: true });
  for (const format of ACTIVATION_CODE_FORMATS) {
    const guard = { resource: '/admin/projects', isChange: false };
    router.get(
      `/:id/activation-code.${format}`,
      guarded(parts, guard, async (context, req, res) => {
        const id = String(req.params['id']);
        const file = await activationSheets.file(work.read(context), id, format);
        res.type(TYPES[format]).attachment(`activation-code.${format}`).send(file);
      }),
    );
  }
  return router;
}
