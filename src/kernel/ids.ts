import { randomUUID } from 'node:crypto';

declare const brand: unique symbol;
/** A value of `T` that the compiler keeps apart from others of the same shape. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type UserId = Brand<string, 'UserId'>;
export type SessionId = Brand<string, 'SessionId'>;
export type RuleId = Brand<string, 'RuleId'>;
export type ProjectId = Brand<string, 'ProjectId'>;
export type EnrolmentId = Brand<string, 'EnrolmentId'>;
export type EnrolmentBatchId = Brand<string, 'EnrolmentBatchId'>;
export type DeviceId = Brand<string, 'DeviceId'>;
export type ProfileId = Brand<string, 'ProfileId'>;
export type ApiClientId = Brand<string, 'ApiClientId'>;
export type IdentityProviderId = Brand<string, 'IdentityProviderId'>;
export type AssignedIdId = Brand<string, 'AssignedIdId'>;
export type CertificateId = Brand<string, 'CertificateId'>;
export type MemberId = Brand<string, 'MemberId'>;
export type KeyRecoveryId = Brand<string, 'KeyRecoveryId'>;
export type ScimGroupId = Brand<string, 'ScimGroupId'>;
export type ScimTokenId = Brand<string, 'ScimTokenId'>;
export type WebhookDeliveryId = Brand<string, 'WebhookDeliveryId'>;
export type WebhookEndpointId = Brand<string, 'WebhookEndpointId'>;
export type WebhookSecretId = Brand<string, 'WebhookSecretId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A new random id (UUID version 4). */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the brand
export function newId<Id extends string>(): Id {
  return randomUUID() as Id;
}

/** The id in lower case, or undefined where `text` is no UUID: it then names nothing that exists. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the brand
export function parseId<Id extends string>(text: string): Id | undefined {
  return UUID.test(text) ? (text.toLowerCase() as Id) : undefined;
}

/** Names nothing: a filter by it fits no row. */
const NONE = '00000000-0000-0000-0000-000000000000';

/** For a filter: undefined where none is asked for; an id that fits nothing where `text` is no UUID. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the brand
export function filterId<Id extends string>(text: string | null | undefined): Id | undefined {
  return text === null || text === undefined ? undefined : (parseId<Id>(text) ?? (NONE as Id));
}
