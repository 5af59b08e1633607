import { relative } from 'node:path';
import { mailboxFolder } from './mails.js';
import { passwordFile } from './passwords.js';
import type { Screen } from './screen.js';
import type { DemoServer } from './server.js';

const LABEL_WIDTH = 11;
const TEXT_INDENT = 2 + LABEL_WIDTH;

/** What the reader can do now, with what he needs for it. */
export function showYourTurn(
  screen: Screen,
  server: DemoServer,
  { ruleId, hasCorp }: { readonly ruleId: string | null; readonly hasCorp: boolean },
): void {
  screen.heading('Your turn');
  showPlaces(screen, server);
  screen.gap();
  showPeople(screen, server, hasCorp);
  if (ruleId !== null) showRule(screen, server, ruleId);
  if (server.certificate === null) {
    screen.heading('Your own phone');
    screen.verbatim('npm run demo -- --lan');
    screen.prose('serves HTTPS in your local network, so that a real phone can scan the QR code.');
  }
  screen.gap();
}

function showPlaces(screen: Screen, server: DemoServer): void {
  const { app, certificate, dataDir } = server;
  row(screen, 'Portal', app.url, 'sign in as alva and get a mobile ID');
  if (certificate === null) {
    row(screen, 'Mailbox', `${app.url}/mailbox`, 'the mails with the one-time codes');
    row(screen, 'Phone', `${app.url}/m`, 'open the QR code’s link in a second window');
  } else {
    row(
      screen,
      'Mails',
      shortPath(mailboxFolder(dataDir)),
      'as files; new ones are told below, too',
    );
    row(screen, 'Phone', `${app.url}/m`, 'scan the portal’s QR code with its camera');
  }
  row(
    screen,
    'GraphiQL',
    `${administratorUrl(server)}/graphql`,
    'the API; sign in as admin first, see below',
  );
  screen.prose(
    'A phone in another terminal; LINK is what the portal’s "Open on this phone instead" opens:',
    TEXT_INDENT,
  );
  const trust =
    certificate === null ? '' : `NODE_EXTRA_CA_CERTS=${shortPath(certificate.certFile)} `;
  screen.verbatim(`${trust}npm run phone -- "LINK"`, TEXT_INDENT);
  if (certificate !== null) warnOfCertificate(screen, certificate.fingerprint);
}

function warnOfCertificate(screen: Screen, fingerprint: string): void {
  screen.gap();
  screen.note(
    'Each browser will warn that it does not know this certificate, as it is self-signed: go on ' +
      'nevertheless, here and on the phone. Both have to be in the same network, and the firewall of this ' +
      'machine has to let the phone in.',
  );
  screen.line('SHA-256 of the certificate:', { indent: 4, style: 'dim' });
  const half = Math.ceil(fingerprint.length / 2);
  for (const part of [fingerprint.slice(0, half), fingerprint.slice(half)]) {
    screen.line(part, { indent: 4, style: 'dim' });
  }
}

function showPeople(screen: Screen, { passwords, dataDir }: DemoServer, hasCorp: boolean): void {
  const person = (name: keyof typeof passwords, what: string): void => {
    screen.line(`${name.padEnd(LABEL_WIDTH)}${passwords[name]}   ${what}`);
  };
  screen.line(`${'User'.padEnd(LABEL_WIDTH)}Password`, { style: 'bold' });
  person('alva', 'orders mobile IDs');
  person('ole', 'operator: looks after users and their mobile IDs');
  person('admin', 'administrator: projects, roles, access rules, audit log');
  if (hasCorp) {
    person('selma', 'works at Demo Corp: "Sign in with Demo Corp"');
  }
  screen.line(`Kept in ${shortPath(passwordFile(dataDir))}.`, { style: 'dim' });
}

/** A second name of this machine keeps the administrator's session apart from that of alva in the same browser. */
function administratorUrl({ app, certificate }: DemoServer): string {
  return certificate === null ? app.url.replace('//localhost', '//127.0.0.1') : app.url;
}

function showRule(screen: Screen, server: DemoServer, ruleId: string): void {
  const url = administratorUrl(server);
  const where = server.certificate === null ? '' : ' in a private window';
  screen.heading('Change the access rule, and watch the page ask for more');
  screen.verbatim(`1  Sign in as admin at ${url}${where}, click "Get mobile ID"`);
  screen.verbatim(
    '   (or "Start again") and give the code that is mailed to you: administrators need it,',
  );
  screen.verbatim('   too. That also orders a mobile ID for admin: cancel it.');
  screen.verbatim(`2  Run this at ${url}/graphql in the same window:`);
  screen.gap();
  screen.verbatim(mutation(ruleId), 5);
  screen.gap();
  screen.verbatim(
    '3  Order as alva, 20 seconds after signing in: now the page wants the password anew as',
  );
  screen.verbatim(
    '   well. It holds at once, and stays for later demos: to undo it, run the mutation again',
  );
  screen.verbatim('   without the line about PASSWORD.');
}

function mutation(ruleId: string): string {
  return [
    'mutation {',
    `  updateAccessRule(id: "${ruleId}", input: { require: [`,
    '    { anyOf: [{ method: EMAIL_CODE, maxAgeSeconds: 600 }] }',
    '    { anyOf: [{ method: PASSWORD, maxAgeSeconds: 20 }] }',
    '  ] }) { name updatedAt }',
    '}',
  ].join('\n');
}

function row(screen: Screen, label: string, place: string, what: string): void {
  const name = screen.paint('bold', label.padEnd(LABEL_WIDTH));
  screen.verbatim(`${name}${place.padEnd(34)}  ${screen.paint('dim', what)}`);
}

/** From where the reader stands, unless that is no shorter. */
export function shortPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}
