import { AssignedIdStreamService } from '../../features/assigned-ids/assigned-id-stream.service.js';
import { ConfirmationListService } from '../../features/assigned-ids/confirmations/confirmation-list.service.js';
import { HostConfirmationService } from '../../features/assigned-ids/confirmations/host-confirmation.service.js';
import { RegistrationLinkService } from '../../features/assigned-ids/confirmations/registration-link.service.js';
import { RegistrationTokens } from '../../features/assigned-ids/confirmations/registration-tokens.js';
import { AssignedIdExportService } from '../../features/assigned-ids/lists/assigned-id-export.service.js';
import { AssignedIdListService } from '../../features/assigned-ids/lists/assigned-id-list.service.js';
import { DeviceReportService } from '../../features/assigned-ids/sightings/device-report.service.js';
import type { Base } from './base.js';

/** What host systems, operators and phones do with IDs that phones were assigned. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services names what it returns
export function createAssignedIds(base: Base) {
  const { audit, keys, projects, selfRegistrations, streams } = base;
  const registrationTokens = new RegistrationTokens(keys);
  return {
    assignedIdExports: new AssignedIdExportService(selfRegistrations),
    assignedIdLists: new AssignedIdListService(selfRegistrations),
    assignedIdStreams: new AssignedIdStreamService(selfRegistrations, streams),
    confirmationLists: new ConfirmationListService(selfRegistrations, audit),
    deviceReports: new DeviceReportService(base),
    hostConfirmations: new HostConfirmationService({ ...base, registrationTokens }),
    registrationLinks: new RegistrationLinkService(projects, registrationTokens),
  };
}
