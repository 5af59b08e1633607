import type { Client } from 'urql';
import { problemOf, type Problem } from '../../shared/errors.js';
import { graphql } from '../../shared/graphql.js';
import type { MissingClause } from './step-up.js';

const RESOURCE_ACCESS = graphql(`
  query ResourceAccess(
    $resource: String!
    $replacesProfileId: ID
    $declaredLost: [LostContact!]
    $recoverCertificateIds: [ID!]
  ) {
    resourceAccess(
      resource: $resource
      replacesProfileId: $replacesProfileId
      declaredLost: $declaredLost
      recoverCertificateIds: $recoverCertificateIds
    ) {
      outcome
      missing {
        anyOf {
          method
          provider
          maxAgeSeconds
          reason
          option {
            method
            provider
            label
            url
          }
        }
      }
    }
  }
`);

export type LostContact = 'EMAIL' | 'PHONE';

/** What proves nothing for an operation, because it is what the operation is about, or lost. */
export interface NamedCredentials {
  readonly replacesProfileId?: string;
  readonly declaredLost?: readonly LostContact[];
  readonly recoverCertificateIds?: readonly string[];
}

interface Decision {
  readonly outcome: string;
  readonly missing: readonly MissingClause[];
}

/** What would be refused if one tried now; asked first, so that nobody is offered a proof that would not count. */
export async function accessProblem(
  client: Client,
  resource: string,
  { replacesProfileId, declaredLost, recoverCertificateIds }: NamedCredentials,
): Promise<Problem | undefined> {
  const { data, error } = await client
    .query(RESOURCE_ACCESS, {
      resource,
      ...(replacesProfileId !== undefined && { replacesProfileId }),
      ...(declaredLost && { declaredLost: [...declaredLost] }),
      ...(recoverCertificateIds && { recoverCertificateIds: [...recoverCertificateIds] }),
    })
    .toPromise();
  if (data) return refusalOf(data.resourceAccess);
  return error ? problemOf(error) : { code: 'INTERNAL', facts: {} };
}

/** The refusal that such a decision leads to, as the server would word it; undefined where it lets one in. */
export function refusalOf({ outcome, missing }: Decision): Problem | undefined {
  if (outcome === 'ALLOWED') return undefined;
  return missing.length === 0
    ? { code: 'FORBIDDEN', facts: {} }
    : { code: 'INSUFFICIENT_USER_AUTHENTICATION', facts: { missing } };
}
