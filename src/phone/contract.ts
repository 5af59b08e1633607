/** The part of the public GraphQL contract that a phone speaks. */

export type CertificateKind = 'AUTHENTICATION' | 'SIGNATURE' | 'ENCRYPTION';
export type EnrolmentStatus =
  | 'DELIVERING'
  | 'WAITING_FOR_SCAN'
  | 'CODE_EXPIRED'
  | 'SCANNED'
  | 'AWAITING_CONFIRMATION'
  | 'CONFIRMED'
  | 'ISSUING'
  | 'ACTIVE'
  | 'CANCELLED'
  | 'EXPIRED'
  | 'FAILED'
  | 'SUPERSEDED';

export interface DeviceInput {
  readonly name: string;
  readonly platform: string;
  readonly model?: string;
}

export interface KeyRequest {
  readonly kind: CertificateKind;
  readonly origin: 'DEVICE' | 'SERVER';
  /** In the server's order of preference. */
  readonly algorithms: readonly string[];
}

export interface DeviceTask {
  readonly enrolmentId: string;
  readonly deviceToken: string;
  readonly challenge: string;
  readonly keyRequests: readonly KeyRequest[];
  readonly needsWrappingKey: boolean;
  readonly bringsEarlierKeys: boolean;
  readonly serverName: string;
  readonly profileName: string;
  readonly accountName: string | null;
  readonly confirmationCode: string | null;
  readonly expiresAt: string;
}

/** Whether it came by a project's activation code: it is for whoever has the phone, whose ID is assigned at the end. */
export function isShared({ accountName }: Pick<DeviceTask, 'accountName'>): boolean {
  return accountName === null;
}

export interface ClaimEnrolmentInput {
  readonly code: string;
  readonly device: DeviceInput;
  readonly proof: string;
}

interface CertificateRequestInput {
  readonly kind: CertificateKind;
  readonly csr: string;
}

/** What certificates and keys are asked for with. */
export interface SentKeys {
  readonly requests: readonly CertificateRequestInput[];
  readonly wrappingKey?: string | undefined;
  readonly serverKeyAlgorithm?: string | undefined;
}

export interface ActivateEnrolmentInput extends SentKeys {
  readonly deviceToken: string;
}

/** A key from the server, for this phone alone. */
export interface WrappedKey {
  readonly certificateId: string;
  readonly jwe: string;
}

export interface IssuedCertificate {
  readonly id: string;
  readonly kind: CertificateKind;
  readonly status: string;
  readonly serialNumber: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly pem: string;
  readonly fingerprint: string;
  /** Brought along from an earlier mobile ID; absent where it was stored before there was such a thing. */
  readonly recovered?: boolean;
}

interface IssuedProfile {
  readonly id: string;
  readonly name: string;
  readonly accountName: string;
  readonly serverName: string;
  readonly state: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly certificates: readonly IssuedCertificate[];
  /** Only where the project assigns IDs; absent where it was stored before there were any. */
  readonly assignedId?: AssignedId | null;
  /** Where its holder registers that ID with the host system. */
  readonly registrationUrl?: string | null;
}

/** The ID that this phone was assigned. */
interface AssignedId {
  readonly id: string;
  readonly value: string;
}

export interface IssuedMobileId {
  readonly profile: IssuedProfile;
  /** PEM, issuer first, root last. */
  readonly chain: readonly string[];
}

/** With the keys that the server has made or recovered. */
export interface ActivatedMobileId extends IssuedMobileId {
  readonly encryptionKeys: readonly WrappedKey[];
}

/** What it takes to renew a mobile ID. */
export interface RenewalTask {
  readonly profileId: string;
  readonly challenge: string;
  readonly keyRequests: readonly KeyRequest[];
  readonly needsWrappingKey: boolean;
  readonly serverName: string;
  readonly profileName: string;
  readonly accountName: string;
  readonly renewableFrom: string;
  readonly endsAt: string;
}

export interface RenewMobileIdInput extends SentKeys {
  readonly proof: string;
}

/** A question whether it is you: somebody who says so waits at a page. */
export interface MobileIdChallenge {
  readonly id: string;
  readonly nonce: string;
  readonly displayName: string;
  readonly address: string;
  readonly userAgent: string | null;
  /** By which a phone finds its own mobile ID among those that may answer. */
  readonly hints: readonly string[];
  readonly expiresAt: string;
}

export interface AnswerMobileIdChallengeInput {
  readonly code: string;
  readonly answer: string;
}

export interface StatusEvent {
  readonly status: EnrolmentStatus;
  readonly enrolment: {
    readonly failure: { readonly code: string; readonly message: string } | null;
  };
}
