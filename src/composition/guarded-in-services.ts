import type { Guarded } from '../features/access/resource-registry.service.js';

/** What resources guard beyond what `@resource` tells in the schema: services ask for these themselves. */
export const GUARDED_IN_SERVICES: readonly Guarded[] = [
  { resource: '/admin/projects', name: 'GET /projects/ID/activation-code.png, .svg, .pdf' },
  { resource: '/admin/projects', name: 'POST /imports/users' },
  { resource: '/mobile-id/get', name: 'Mutation.reactivateMyProfile' },
  { resource: '/mobile-id/recover', name: 'StartEnrolmentInput.recoverCertificateIds' },
  {
    resource: '/operator/assigned-ids',
    name: 'GET /projects/ID/assigned-ids.csv, .json; POST /assigned-ids/confirmations; MobileIdProfile.assignedId',
  },
  { resource: '/operator/mobile-id/supply', name: 'GET /batches/ID.csv, .pdf' },
  { resource: '/operator/mobile-id/supply', name: 'Mutation.importUsers' },
  { resource: '/operator/mobile-id/supply', name: 'POST /imports/users' },
  { resource: '/operator/profiles', name: 'User.profiles' },
  { resource: '/operator/projects', name: 'POST /imports/users' },
  { resource: '/operator/users', name: 'POST /imports/users' },
  { resource: '/operator/users', name: 'SCIM' },
];
