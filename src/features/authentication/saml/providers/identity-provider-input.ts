import { invalidInput } from '../../../../kernel/errors.js';
import { FieldProblems, type Problem } from '../../../../kernel/field-problems.js';
import { isLoopbackName } from '../../../../kernel/loopback.js';
import { textProblem } from '../../../../kernel/text.js';
import {
  DEFAULT_MAPPING,
  type AttributeMapping,
  type IdentityProvider,
  type IdentityProviderFields,
} from './identity-provider.js';
import { readProviderMetadata } from './provider-metadata.js';
import { readSigningCertificate } from './signing-certificate.js';

/** As callers write it: absent keeps what stands, null clears what may be empty. */
export interface ProviderInput {
  readonly name: string;
  readonly label: string;
  readonly metadataXml?: string | null;
  readonly entityId?: string | null;
  readonly signInUrl?: string | null;
  readonly signOutUrl?: string | null;
  readonly certificates?: readonly string[] | null;
  readonly authenticationContext?: string | null;
  readonly attributes?: MappingInput | null;
  readonly createUsers: boolean;
  readonly acceptUnsolicited?: boolean | null;
  readonly enabled: boolean;
}
interface MappingInput {
  readonly username: string;
  readonly email?: string | null;
  readonly displayName?: string | null;
  readonly groups?: string | null;
}

type Descriptor = Pick<
  IdentityProviderFields,
  'entityId' | 'signInUrl' | 'signOutUrl' | 'certificates'
>;

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const MAX_CERTIFICATES = 10;
const MAX_URI = 1024;
const NEITHER_NOR = 'Give metadataXml, or entityId, signInUrl and certificates.';

/** @throws DomainError INVALID_INPUT with the path of each refused field */
export function readProvider(input: ProviderInput): IdentityProviderFields & { name: string } {
  const problems = new FieldProblems().note(
    'input.name',
    SLUG.test(input.name)
      ? undefined
      : 'It must have 1 to 40 small letters, digits and hyphens, and begin and end without a hyphen.',
  );
  return { name: input.name, ...readFields(input, undefined, problems) };
}

/** @throws DomainError INVALID_INPUT with the path of each refused field */
export function readProviderChanges(
  present: IdentityProvider,
  input: ProviderInput,
): IdentityProviderFields {
  const problems = new FieldProblems().note(
    'input.name',
    input.name === present.name ? undefined : 'It cannot be changed: URLs and rules use it.',
  );
  return readFields(input, present, problems);
}

function readFields(
  input: ProviderInput,
  present: IdentityProvider | undefined,
  problems: FieldProblems,
): IdentityProviderFields {
  const fields: IdentityProviderFields = {
    ...readDescriptor(input, present, problems),
    label: input.label.trim(),
    authenticationContext: kept(input.authenticationContext, present?.authenticationContext),
    attributes: readMapping(input.attributes, present?.attributes),
    createUsers: input.createUsers,
    acceptUnsolicited: input.acceptUnsolicited ?? present?.acceptUnsolicited ?? false,
    enabled: input.enabled,
  };
  problems
    .note('input.label', textProblem(fields.label, { max: 100 }))
    .note('input.entityId', uriProblem(fields.entityId))
    .note('input.signInUrl', endpointProblem(fields.signInUrl))
    .note('input.signOutUrl', ifGiven(fields.signOutUrl, endpointProblem))
    .note('input.authenticationContext', ifGiven(fields.authenticationContext, uriProblem));
  for (const [name, attribute] of Object.entries(fields.attributes)) {
    problems.note(
      `input.attributes.${name}`,
      ifGiven(attribute as string | null, attributeProblem),
    );
  }
  problems.refuse();
  return fields;
}

function readDescriptor(
  input: ProviderInput,
  present: IdentityProvider | undefined,
  problems: FieldProblems,
): Descriptor {
  const given = descriptorIn(input);
  const certificates = given.certificates && readCertificates(given.certificates, problems);
  const { entityId, signInUrl, ...rest } = { ...present, ...defined({ ...given, certificates }) };
  if (entityId === undefined || signInUrl === undefined || rest.certificates === undefined) {
    throw invalidInput('input.metadataXml', NEITHER_NOR);
  }
  const { signOutUrl = null } = rest;
  return { entityId, signInUrl, signOutUrl, certificates: rest.certificates };
}

function defined(given: GivenDescriptor): Partial<Descriptor> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

interface GivenDescriptor {
  readonly entityId?: string | undefined;
  readonly signInUrl?: string | undefined;
  readonly signOutUrl?: string | null | undefined;
  readonly certificates?: readonly string[] | undefined;
}

/** From the metadata or from the fields, never from both. */
function descriptorIn({ metadataXml, ...input }: ProviderInput): GivenDescriptor {
  if (typeof metadataXml !== 'string') {
    return {
      entityId: input.entityId ?? undefined,
      signInUrl: input.signInUrl ?? undefined,
      signOutUrl: input.signOutUrl,
      certificates: input.certificates ?? undefined,
    };
  }
  const problems = new FieldProblems();
  for (const name of ['entityId', 'signInUrl', 'certificates'] as const) {
    const isGiven = input[name] !== undefined && input[name] !== null;
    problems.note(`input.${name}`, isGiven ? 'It stands in the metadata already.' : undefined);
  }
  problems.refuse();
  const { signOutUrl, ...metadata } = readProviderMetadata(metadataXml, 'input.metadataXml');
  return { ...metadata, signOutUrl: input.signOutUrl ?? signOutUrl };
}

function readCertificates(texts: readonly string[], problems: FieldProblems): string[] {
  const count = texts.length >= 1 && texts.length <= MAX_CERTIFICATES;
  problems.note(
    'input.certificates',
    count ? undefined : `There must be 1 to ${String(MAX_CERTIFICATES)} certificates.`,
  );
  const byFingerprint = new Map<string, string>();
  for (const [i, text] of texts.slice(0, MAX_CERTIFICATES).entries()) {
    const read = readSigningCertificate(text);
    if ('pem' in read) byFingerprint.set(read.fingerprint, read.pem);
    else problems.note(`input.certificates.${String(i)}`, read.problem);
  }
  return [...byFingerprint.values()];
}

function readMapping(
  input: MappingInput | null | undefined,
  present: AttributeMapping = DEFAULT_MAPPING,
): AttributeMapping {
  if (input === undefined) return present;
  if (input === null) return DEFAULT_MAPPING;
  const { username, email, displayName, groups } = input;
  return {
    username,
    email: email ?? null,
    displayName: displayName ?? null,
    groups: groups ?? null,
  };
}

function attributeProblem(name: string): Problem {
  return textProblem(name, { max: 256 });
}

function uriProblem(uri: string): Problem {
  return uri.length <= MAX_URI && /^[\x21-\x7e]+$/.test(uri)
    ? undefined
    : `It must have 1 to ${String(MAX_URI)} visible ASCII characters.`;
}

/** Requests say who is asked for and where he comes back to: they do not cross a network in the clear. */
function endpointProblem(url: string): Problem {
  if (uriProblem(url) !== undefined || !URL.canParse(url)) return 'It must be an https URL.';
  const { protocol, hostname, username, password, hash } = new URL(url);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackName(hostname));
  if (!isSafe) return 'It must be an https URL; plain http is for loopback addresses only.';
  const isBare = username === '' && password === '' && hash === '';
  return isBare ? undefined : 'It must have neither credentials nor a fragment.';
}

function kept(input: string | null | undefined, present: string | null | undefined): string | null {
  return input === undefined ? (present ?? null) : input;
}

function ifGiven(value: string | null, problemOf: (value: string) => Problem): Problem {
  return value === null ? undefined : problemOf(value);
}
