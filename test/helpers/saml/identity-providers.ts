import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startDemoCorp } from '../../../src/cli/demo/corp';
import type { Employee } from '../../../src/cli/demo-corp/staff';
import { noteSecret } from '../run';
import { eventually } from '../server';

/** A real identity provider in a process of its own. */
export interface RunningProvider {
  readonly url: string;
  readonly metadataXml: string;
  /** Has it accept this service provider. */
  trust(metadataUrl: string): Promise<void>;
  stop(): Promise<void>;
}

/** As it was built for this run. */
const DEMO_CORP = resolve(__dirname, '../../../dist/src/cli/demo-corp.js');

/** The identity provider that the demo starts: samlify. */
export async function startCorp(
  serviceProvider: string,
  staff: readonly Employee[],
): Promise<RunningProvider> {
  for (const { password } of staff) noteSecret(password);
  const folder = await mkdtemp(join(tmpdir(), 'signet-corp-'));
  const corp = await startDemoCorp(folder, serviceProvider, staff, DEMO_CORP);
  return {
    url: corp.url,
    metadataXml: corp.metadataXml,
    trust: () => Promise.resolve(), // it asks for the metadata itself
    stop: async () => {
      await corp.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const SIMPLE_SAML_PHP = '/usr/share/simplesamlphp/www';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** SimpleSAMLphp of Debian's packages, under PHP's own web server. */
export async function startSimpleSamlPhp(staff: readonly Employee[]): Promise<RunningProvider> {
  for (const { password } of staff) noteSecret(password);
  const folder = await mkdtemp(join(tmpdir(), 'signet-simplesaml-'));
  const port = await freePort();
  const url = `http://localhost:${String(port)}`;
  for (const name of ['config', 'metadata', 'cert', 'tmp', 'log', 'data', 'sessions']) {
    await mkdir(join(folder, name));
  }
  makeKey(join(folder, 'cert'));
  await writeFile(join(folder, 'config', 'config.php'), configPhp(folder, url));
  await writeFile(join(folder, 'config', 'authsources.php'), staffPhp(staff));
  await writeFile(join(folder, 'metadata', 'saml20-idp-hosted.php'), HOSTED_PHP);
  const child = spawn('php', ['-S', `127.0.0.1:${String(port)}`, '-t', SIMPLE_SAML_PHP], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      SIMPLESAMLPHP_CONFIG_DIR: join(folder, 'config'),
      PHP_CLI_SERVER_WORKERS: '2',
    },
    detached: true,
  });
  const metadataXml = await eventually(() => textOf(`${url}/saml2/idp/metadata.php`));
  return {
    url,
    metadataXml,
    trust: async (metadataUrl) => {
      const xml = (await textOf(metadataUrl)) ?? '';
      await writeFile(join(folder, 'metadata', 'saml20-sp-remote.php'), serviceProviderPhp(xml));
    },
    stop: async () => {
      await endGroup(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PHP's web server has workers, which are of its process group. */
async function endGroup(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  await ended;
}

async function textOf(url: string): Promise<string | undefined> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.ok === true ? answer.text() : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}

function makeKey(folder: string): void {
  const files = ['-keyout', join(folder, 'idp.pem'), '-out', join(folder, 'idp.crt')];
  const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=simplesaml'];
  execFileSync('openssl', ['req', ...kind, ...files], { stdio: 'ignore' });
}

function configPhp(folder: string, url: string): string {
  return `<?php $config = [
  'baseurlpath' => '${url}/', 'certdir' => '${folder}/cert/', 'loggingdir' => '${folder}/log/',
  'datadir' => '${folder}/data/', 'tempdir' => '${folder}/tmp', 'metadatadir' => '${folder}/metadata/',
  'technicalcontact_name' => 'Test', 'technicalcontact_email' => 'na@example.org', 'timezone' => 'UTC',
  'secretsalt' => 'of-this-test-alone', 'auth.adminpassword' => 'nobody-signs-in-with-this',
  'logging.handler' => 'file', 'logging.logfile' => 'simplesaml.log',
  'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
  'store.type' => 'phpsession', 'session.phpsession.savepath' => '${folder}/sessions',
  'session.cookie.secure' => false, 'metadata.sources' => [['type' => 'flatfile']],
  'language.default' => 'en', 'theme.use' => 'default', 'authproc.idp' => [],
];`;
}

function staffPhp(staff: readonly Employee[]): string {
  const people = staff.map(
    ({ username, password, email, displayName, groups }) =>
      `'${username}:${password}' => ['username' => ['${username}'], 'email' => ['${email}'],
       'displayName' => ['${displayName}'], 'groups' => [${groups.map((group) => `'${group}'`).join(', ')}]]`,
  );
  return `<?php $config = ['staff' => ['exampleauth:UserPass', ${people.join(', ')}]];`;
}

const HOSTED_PHP = `<?php $metadata['__DYNAMIC:1__'] = [
  'host' => '__DEFAULT__', 'privatekey' => 'idp.pem', 'certificate' => 'idp.crt', 'auth' => 'staff',
  'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'sign.logout' => true,
  'validate.authnrequest' => true, 'validate.logout' => true, 'saml20.sign.response' => true,
  'NameIDFormat' => '${PERSISTENT}',
  'authproc' => [1 => ['class' => 'saml:AttributeNameID', 'attribute' => 'username', 'Format' => '${PERSISTENT}']],
];`;

/** What SimpleSAMLphp's own metadata converter would make of it. */
function serviceProviderPhp(xml: string): string {
  const attribute = (element: string, name: string): string => {
    const tag = new RegExp(`<(?:\\w+:)?${element}\\b[^>]*>`).exec(xml)?.[0] ?? '';
    return new RegExp(`\\b${name}="([^"]+)"`).exec(tag)?.[1] ?? '';
  };
  const certificate = /X509Certificate>([^<]+)</.exec(xml)?.[1]?.replace(/\s+/g, '') ?? '';
  return `<?php $metadata['${attribute('EntityDescriptor', 'entityID')}'] = [
  'AssertionConsumerService' => '${attribute('AssertionConsumerService', 'Location')}',
  'SingleLogoutService' => [['Binding' => '${attribute('SingleLogoutService', 'Binding')}',
                             'Location' => '${attribute('SingleLogoutService', 'Location')}']],
  'certData' => '${certificate}', 'saml20.sign.assertion' => true, 'NameIDFormat' => '${PERSISTENT}',
];`;
}
