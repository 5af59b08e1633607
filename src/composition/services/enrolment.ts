import { ActivationService } from '../../features/enrolment/device/activation.service.js';
import { CompletionService } from '../../features/enrolment/device/completion.service.js';
import { BatchOrdererService } from '../../features/enrolment/batch/batch-orderer.service.js';
import { BatchResultService } from '../../features/enrolment/batch/batch-result.service.js';
import { BatchRunService } from '../../features/enrolment/batch/batch-run.service.js';
import { EnrolmentBatchService } from '../../features/enrolment/batch/enrolment-batch.service.js';
import { ClaimService } from '../../features/enrolment/device/claim.service.js';
import { ConfirmationService } from '../../features/enrolment/device/confirmation.service.js';
import { DeliveryService } from '../../features/enrolment/invitations/delivery.service.js';
import { EnrolmentLog } from '../../features/enrolment/enrolment-log.service.js';
import { EnrolmentSecrets } from '../../features/enrolment/enrolment-secrets.js';
import { EnrolmentService } from '../../features/enrolment/enrolment.service.js';
import { EstAnswerService } from '../../features/enrolment/est/est-answer.service.js';
import { EstEnrolmentService } from '../../features/enrolment/est/est-enrolment.service.js';
import { EstKeyService } from '../../features/enrolment/est/est-key.service.js';
import { EstRenewalService } from '../../features/enrolment/est/est-renewal.service.js';
import { ExpiryService } from '../../features/enrolment/status/expiry.service.js';
import { InvitationDeliveryService } from '../../features/enrolment/invitations/invitation-delivery.service.js';
import { InvitationOpenedService } from '../../features/enrolment/invitations/invitation-opened.service.js';
import { KeyDeliveryService } from '../../features/enrolment/keys/key-delivery.service.js';
import { KeyRecoveryEndService } from '../../features/enrolment/recovery/key-recovery-end.service.js';
import { KeyRecoveryService } from '../../features/enrolment/recovery/key-recovery.service.js';
import { BulkInvitationService } from '../../features/enrolment/invitations/bulk-invitation.service.js';
import { InvitationService } from '../../features/enrolment/invitations/invitation.service.js';
import { OffersService } from '../../features/enrolment/ordering/offers.service.js';
import { OrderingService } from '../../features/enrolment/ordering/ordering.service.js';
import { PreparedKeyService } from '../../features/enrolment/recovery/prepared-key.service.js';
import { ExpiryReminderService } from '../../features/enrolment/renewal/expiry-reminder.service.js';
import { RenewalEndService } from '../../features/enrolment/renewal/renewal-end.service.js';
import { RenewalKeyService } from '../../features/enrolment/renewal/renewal-key.service.js';
import { RenewalStandingService } from '../../features/enrolment/renewal/renewal-standing.service.js';
import { RenewalService } from '../../features/enrolment/renewal/renewal.service.js';
import { ProjectEnrolmentsService } from '../../features/enrolment/status/project-enrolments.service.js';
import { ActivationClaimService } from '../../features/enrolment/self-registration/activation-claim.service.js';
import { AssignmentService } from '../../features/enrolment/self-registration/assignment.service.js';
import { ReplacementService } from '../../features/enrolment/ordering/replacement.service.js';
import { EnrolmentRecoveryService } from '../../features/enrolment/recovery/enrolment-recovery.service.js';
import { StatusService } from '../../features/enrolment/status/status.service.js';
import { UserImportService } from '../../features/members/import/user-import.service.js';
import type { createAccess } from './access.js';
import type { Base } from './base.js';

/** From the order to the active profile. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services names what it returns
export function createEnrolment(
  base: Base,
  { access, exclusions }: Pick<ReturnType<typeof createAccess>, 'access' | 'exclusions'>,
) {
  const { keys, notifications, audit, bus, streams } = base;
  const secrets = new EnrolmentSecrets(keys);
  const log = new EnrolmentLog();
  const enrolments = new EnrolmentService({ log, secrets, notifications, audit });
  const replacements = new ReplacementService({ ...base, access, exclusions });
  const keyDelivery = new KeyDeliveryService(base.keyArchive);
  const preparedKeys = new PreparedKeyService(keys);
  const recoveries = new EnrolmentRecoveryService({ ...base, keyDelivery, preparedKeys, access });
  const own = { ...base, log, secrets, enrolments, keyDelivery, recoveries, replacements };
  const ordering = new OrderingService({ ...own, ...base.server });
  const delivery = new DeliveryService(own);
  const activationClaims = new ActivationClaimService(own);
  const claims = new ClaimService({ ...own, activationClaims });
  const inviter = new BulkInvitationService({ ...own, ordering, access });
  const completions = new CompletionService(own);
  const assignments = new AssignmentService(base);
  const activations = new ActivationService({ ...own, assignments, completions });
  const keyRecoveryEnds = new KeyRecoveryEndService({ audit, preparedKeys });
  const renewalKeys = new RenewalKeyService(base);
  const renewalStanding = new RenewalStandingService({ ...base, completions });
  const renewing = { ...base, completions, keyDelivery, renewalKeys, renewalStanding };
  return {
    ...{ log, secrets, enrolments, keyDelivery },
    keyRecoveries: new KeyRecoveryService({ ...base, keyRecoveryEnds }),
    keyRecoveryEnds,
    offers: new OffersService({ ...own, ...base.server, access }),
    ...{ ordering, delivery, invitations: new InvitationService({ ...own, ordering, access }) },
    invitationDelivery: new InvitationDeliveryService(own),
    invitationsOpened: new InvitationOpenedService(own),
    ...{ activationClaims, claims, activations },
    ...createBatches({ ...own, ordering, delivery }),
    userImports: new UserImportService({ ...base, inviter }),
    ...createEst({ ...own, claims, completions }),
    confirmations: new ConfirmationService(own),
    expiry: new ExpiryService(log, audit),
    renewalStanding,
    renewals: new RenewalService(renewing),
    renewalEnds: new RenewalEndService(renewing),
    expiryReminders: new ExpiryReminderService(base),
    projectEnrolments: new ProjectEnrolmentsService(base.projects, streams),
    status: new StatusService(enrolments, log, bus),
  };
}

type BatchGround = Base & {
  readonly enrolments: EnrolmentService;
  readonly ordering: OrderingService;
  readonly delivery: DeliveryService;
};

/** Orders for many. */
function createBatches(ground: BatchGround) {
  const enrolmentBatches = new EnrolmentBatchService(ground);
  const batchOrderers = new BatchOrdererService(ground);
  return {
    enrolmentBatches,
    batchRuns: new BatchRunService({ ...ground, enrolmentBatches, batchOrderers }),
    batchResults: new BatchResultService(ground),
  };
}

type EstGround = Base & {
  readonly log: EnrolmentLog;
  readonly secrets: EnrolmentSecrets;
  readonly enrolments: EnrolmentService;
  readonly claims: ClaimService;
  readonly recoveries: EnrolmentRecoveryService;
  readonly completions: CompletionService;
};

/** The same, for devices that bring a client of their own. */
function createEst(ground: EstGround) {
  const answers = new EstAnswerService();
  const estKeys = new EstKeyService(ground);
  const own = { ...ground, answers, estKeys };
  return {
    estAnswers: answers,
    estEnrolments: new EstEnrolmentService(own),
    estRenewals: new EstRenewalService(own),
  };
}
