/**
 * What an administrator of Signet does once for this site: a project, and an API client for this site's server. Here it is played
 * against the demo, whose passwords and mails are at hand; README.md has the same for a server of your own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const PROJECT = 'Fjordby Library';
const SCOPES = ['users:write', 'enrolment:create', 'enrolment:read'];
const ADDRESS = 'admin@example.org';
const MAIL_WITHIN_MS = 15_000;

const { values: options } = parseArgs({
  options: {
    demo: { type: 'string', default: '../../data/demo' },
    signet: { type: 'string', default: 'http://localhost:4000' },
    site: { type: 'string', default: 'http://localhost:4100' },
    env: { type: 'string', default: '.env' },
  },
});

async function setUp() {
  if (existsSync(options.env)) {
    throw new Error(`There is a ${options.env} already. Remove it to begin anew.`);
  }
  await checkOrigin();
  const token = await signIn();
  const project = await ensureProject(token);
  const { createApiClient } = await call(
    `mutation ($name: String!, $scopes: [String!]!) {
       createApiClient(name: $name, scopes: $scopes) { clientSecret client { clientId } } }`,
    { name: PROJECT, scopes: SCOPES },
    token,
  );
  const lines = {
    SIGNET_URL: options.signet,
    SIGNET_PROJECT: project.id,
    SIGNET_CLIENT_ID: createApiClient.client.clientId,
    SIGNET_CLIENT_SECRET: createApiClient.clientSecret,
    SITE_URL: options.site,
    PORT: new URL(options.site).port,
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(options.env, text.join(''), { mode: 0o600, flag: 'wx' });
  process.stdout.write(`Signet knows this site now; ${options.env} holds what it needs.\n`);
}

/** Browsers ask the same before they let this site's page call Signet. */
async function checkOrigin() {
  const { headers } = await fetch(`${options.signet}/graphql`, {
    method: 'OPTIONS',
    headers: { origin: options.site, 'access-control-request-method': 'POST' },
  });
  if (headers.get('access-control-allow-origin') === options.site) return;
  throw new Error(
    `The Signet at ${options.signet} does not let the pages of this site in. Start it so: npm run demo -- --allow-origin ${options.site}. Another one is named by --signet.`,
  );
}

/** By password and mailed code: administrators need both. */
async function signIn() {
  const { admin } = JSON.parse(readFileSync(join(options.demo, 'passwords.json'), 'utf8'));
  const { signInWithPassword } = await call(
    'mutation ($p: String!) { signInWithPassword(username: "admin", password: $p) { token } }',
    { p: admin },
  );
  const earlier = (await mails()).length;
  await call('mutation { sendEmailCode }', {}, signInWithPassword.token);
  const { verifyEmailCode } = await call(
    'mutation ($code: String!) { verifyEmailCode(code: $code) { token } }',
    { code: await mailedCode(earlier) },
    signInWithPassword.token,
  );
  return verifyEmailCode.token;
}

async function mailedCode(earlier) {
  const giveUp = AbortSignal.timeout(MAIL_WITHIN_MS);
  for (;;) {
    const present = await mails();
    const text = present.length > earlier ? present[0].text : '';
    const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0];
    if (code !== undefined) return code;
    await pause(100, undefined, { signal: giveUp });
  }
}

/** Those to the administrator, newest first. */
async function mails() {
  const response = await fetch(`${options.signet}/mailbox/messages.json`);
  return (await response.json()).filter(({ to }) => to === ADDRESS);
}

async function ensureProject(token) {
  const { projects } = await call('{ projects(first: 100) { nodes { id name } } }', {}, token);
  const present = projects.nodes.find(({ name }) => name === PROJECT);
  if (present !== undefined) return present;
  const { createProject } = await call(
    'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }',
    {
      input: {
        name: PROJECT,
        settings: { selfService: false, serverName: PROJECT, accountNameTemplate: '{displayName}' },
      },
    },
    token,
  );
  return createProject;
}

async function call(query, variables, token) {
  const response = await fetch(`${options.signet}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors?.length > 0) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
  return data;
}

try {
  await setUp();
} catch (error) {
  const reason = error.cause?.code === 'ECONNREFUSED' ? ' Is the demo running?' : '';
  process.stderr.write(`${error.message}${reason}\n`);
  process.exitCode = 1;
}
