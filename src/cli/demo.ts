import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { createLogger } from '../platform/logger.js';
import { DEFAULT_PORT, DEMO_USAGE, readOptions, type DemoOptions } from './demo/options.js';
import { UsageError } from './command-line.js';
import { misuse } from './run-command.js';
import { DemoProblem } from './demo/problem.js';
import { Screen } from './demo/screen.js';
import { logFile, startServer, type DemoServer } from './demo/server.js';
import { tellMails } from './demo/mails.js';
import { DEMO_CORP, startDemoCorp, type DemoCorp } from './demo/corp.js';
import { employeeOf, introduceCorp, setTheStage, type Stage } from './demo/setup.js';
import { playTour } from './demo/tour.js';
import { shortPath, showYourTurn } from './demo/your-turn.js';

const EXIT = { DONE: 0, FAILED: 1, MISUSED: 2 } as const;

async function main(args: readonly string[]): Promise<number> {
  const options = wanted(args);
  if (typeof options === 'number') return options;
  const screen = new Screen(process.stdout);
  const interrupted = interruption();
  try {
    return await demo(screen, options, interrupted);
  } catch (error) {
    screen.bad(messageOf(error));
    keep(error, options, screen);
    return EXIT.FAILED;
  }
}

function wanted(args: readonly string[]): DemoOptions | number {
  try {
    const options = readOptions(args);
    if (options !== 'HELP') return options;
    process.stdout.write(DEMO_USAGE);
    return EXIT.DONE;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(misuse('demo', error));
    return EXIT.MISUSED;
  }
}

/** Whoever ends the demo, by key, signal or a pipe that nobody reads any more, gets a server that ends in order. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  process.stdout.on('error', interrupt);
  return controller.signal;
}

async function demo(screen: Screen, options: DemoOptions, signal: AbortSignal): Promise<number> {
  screen.gap();
  screen.line('Signet, starting its database and server …', { style: 'dim' });
  const server = await startServer(options);
  let corp: DemoCorp | null = null;
  try {
    greet(screen, options, server);
    const stage = await setTheStage(server.app, server.passwords);
    corp = await openCorp(options, server);
    const played = await play(screen, { options, server, stage, signal });
    if (options.once) return played ? EXIT.DONE : EXIT.FAILED;
    if (!signal.aborted) {
      showYourTurn(screen, server, { ruleId: stage.ruleId, hasCorp: corp !== null });
      screen.line('Serving until Ctrl-C.', { style: 'bold' });
    }
    await (options.lan ? tellMails(screen, server.mailbox, signal) : aborted(signal));
    return EXIT.DONE;
  } finally {
    screen.gap();
    screen.line('Stopping server and database …', { style: 'dim' });
    await corp?.stop();
    await server.app.stop();
    screen.line('Stopped. The data stay for the next time.', { style: 'dim' });
  }
}

/** Nobody else in the network could reach it, and the play does not need it. */
async function openCorp(
  { lan, once }: DemoOptions,
  { app, dataDir, passwords }: DemoServer,
): Promise<DemoCorp | null> {
  if (lan || once) return null;
  const metadata = `${app.url}/saml/${DEMO_CORP}/metadata`;
  const corp = await startDemoCorp(dataDir, metadata, [employeeOf(passwords)]);
  await introduceCorp(app, corp);
  return corp;
}

function greet(screen: Screen, { port, dataDir }: DemoOptions, server: DemoServer): void {
  const { app, startSeconds } = server;
  const database = app.database.split(' ').reverse().join(' '); // `18.4 embedded`
  const facts = `PostgreSQL ${database}, ${startSeconds.toFixed(1)} s`;
  screen.good(`Signet is ready at ${app.url} (${facts})`);
  if (port === null && app.port !== DEFAULT_PORT) {
    screen.note(`Port ${String(DEFAULT_PORT)} is taken, so it listens on ${String(app.port)}.`);
  }
  screen.line(`Data and log are in ${shortPath(resolve(dataDir))}.`, { indent: 4, style: 'dim' });
  screen.heading('One mobile ID, from order to phone');
}

interface Play {
  readonly options: DemoOptions;
  readonly server: DemoServer;
  readonly stage: Stage;
  readonly signal: AbortSignal;
}

/** Whether it could be played to its end. Where it could not, the server is there nevertheless. */
async function play(screen: Screen, { options, server, stage, signal }: Play): Promise<boolean> {
  const { api, mailbox, passwords, certificate } = server;
  const hasReader = options.lan && !options.once && process.stdin.isTTY && process.stdout.isTTY;
  try {
    await playTour({
      api,
      screen,
      mailbox,
      passwords,
      projectId: stage.projectId,
      certFile: certificate?.certFile ?? null,
      askForPhone: hasReader ? (asked) => askForPhone(screen, asked) : null,
      signal,
    });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    screen.gap();
    screen.bad(messageOf(error));
    keep(error, options, screen);
    return false;
  }
}

async function askForPhone(screen: Screen, signal: AbortSignal): Promise<boolean> {
  screen.gap();
  screen.note(
    'Scan the code with your phone now. Its browser warns of the self-signed certificate: go on. ' +
      'Or press Enter, and a phone in this terminal scans it.',
  );
  screen.gap();
  const input = createInterface({ input: process.stdin });
  try {
    return await new Promise((resolve) => {
      input.once('line', () => {
        resolve(true);
      });
      signal.addEventListener('abort', () => {
        resolve(false);
      });
    });
  } finally {
    input.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The whole error goes to the log; the reader has its sentence. */
function keep(error: unknown, { dataDir }: DemoOptions, screen: Screen): void {
  if (error instanceof DemoProblem) return;
  try {
    createLogger({ level: 'error', file: logFile(resolve(dataDir)) }).error(
      { error },
      'demo failed',
    );
    screen.line(`More in ${shortPath(logFile(resolve(dataDir)))}.`, { indent: 4, style: 'dim' });
  } catch {
    // There is no folder yet to keep it in.
  }
}

void main(process.argv.slice(2)).then((status) => {
  process.exit(status);
});
