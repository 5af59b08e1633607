import {
  RESOURCE_TYPES,
  type ResourceType,
  type Schema,
} from '../../../features/scim/protocol/scim-schema.js';
import { listAnswer, problemAnswer, type ScimAnswer } from './scim-answers.js';

export const MAX_BULK_OPERATIONS = 1000;
export const MAX_PAYLOAD_BYTES = 1_048_576;
const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

/** What a client asks to learn how it may ask: RFC 7644 section 4. Undefined for other paths. */
export function discover(
  path: readonly string[],
  { base, maxResults }: { readonly base: string; readonly maxResults: number },
): ScimAnswer | undefined {
  const [endpoint, id, ...more] = path;
  if (more.length > 0) return undefined;
  if (endpoint === 'ServiceProviderConfig' && id === undefined) {
    return { status: 200, body: configuration(base, maxResults) };
  }
  if (endpoint === 'ResourceTypes') {
    return chosen(
      RESOURCE_TYPES.map((type) => resourceType(type, base)),
      id,
    );
  }
  if (endpoint !== 'Schemas') return undefined;
  const schemas = RESOURCE_TYPES.flatMap(({ schema, extensions }) => [schema, ...extensions]);
  return chosen(
    schemas.map((schema) => schemaOf(schema, base)),
    id,
  );
}

interface Described {
  readonly id: string;
  readonly [name: string]: unknown;
}

function chosen(all: readonly Described[], id: string | undefined): ScimAnswer {
  if (id === undefined) return listAnswer(all);
  const one = all.find((each) => each.id === id);
  return one === undefined
    ? problemAnswer(404, 'There is no such thing.')
    : { status: 200, body: one };
}

function configuration(base: string, maxResults: number): object {
  return {
    schemas: [`${CORE}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: {
      supported: true,
      maxOperations: MAX_BULK_OPERATIONS,
      maxPayloadSize: MAX_PAYLOAD_BYTES,
    },
    filter: { supported: true, maxResults },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth 2.0 bearer token',
        description:
          'An access token of an API client, by client credentials, or a SCIM token that an administrator has made.',
        specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

function resourceType(
  { name, endpoint, schema, extensions }: ResourceType,
  base: string,
): Described {
  return {
    ...{ schemas: [`${CORE}:ResourceType`], id: name, name, endpoint },
    description: schema.description,
    schema: schema.id,
    ...(extensions.length > 0 && {
      schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    }),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  };
}

function schemaOf(schema: Schema, base: string): Described {
  return {
    schemas: [`${CORE}:Schema`],
    ...schema,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${schema.id}` },
  };
}
