import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import jsQR from 'jsqr';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';
import { PNG } from 'pngjs';
import { noteSecretsIn } from '../graphql';
import { noteSecret, testRun } from '../run';
import { eventually } from '../server';

const ROOT = resolve(__dirname, '../../..');
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const PATIENCE_MS = 45_000;

/** A window of its own, as on another machine: no cookie and no storage is shared. */
export interface BrowserWindow {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What a page must not do: errors on its console, uncaught exceptions, blocked content, requests to foreign hosts. */
  readonly complaints: readonly string[];
}

const SCREENS = {
  DESKTOP: { viewport: { width: 1280, height: 900 } },
  PHONE: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    userAgent:
      'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  },
} satisfies Readonly<Record<string, BrowserContextOptions>>;

/** Chromium with an empty profile, and with the pages built from the sources as they are now. */
export async function openBrowser(): Promise<Browser> {
  await buildPages();
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export async function openWindow(
  browser: Browser,
  server: { readonly url: string },
  screen: keyof typeof SCREENS,
  options: BrowserContextOptions = {},
): Promise<BrowserWindow> {
  const context = await browser.newContext({
    ...SCREENS[screen],
    baseURL: server.url,
    locale: 'en-GB',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  watchForComplaints(page, server.url, complaints);
  noteSecretsOf(page);
  return { page, context, complaints };
}

/** Lets a window be signed in by a session that was begun elsewhere. */
export async function giveSession(
  { context }: Pick<BrowserWindow, 'context'>,
  server: { readonly url: string },
  token: string,
): Promise<void> {
  await context.addCookies([
    { name: 'signet', value: token, url: server.url, httpOnly: true, sameSite: 'Lax' },
  ]);
}

/** What a camera reads from a picture on the page: its pixels, not its source. */
export async function readQrCode(picture: Locator): Promise<string> {
  return eventually(async () => {
    const { data, width, height } = PNG.sync.read(await picture.screenshot());
    return jsQR(new Uint8ClampedArray(data), width, height)?.data;
  });
}

function watchForComplaints(page: Page, origin: string, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => {
    complaints.push(`exception: ${error.message}`);
  });
  page.on('request', (request) => {
    if (isForeign(request.url(), origin)) complaints.push(`request: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    const url = socket.url().replace(/^ws/, 'http');
    if (isForeign(url, origin)) complaints.push(`socket: ${socket.url()}`);
  });
}

function isForeign(url: string, origin: string): boolean {
  return /^https?:/.test(url) && new URL(url).origin !== origin;
}

/** The pages' own calls hold secrets as well. */
function noteSecretsOf(page: Page): void {
  page.on('request', (request) => {
    if (new URL(request.url()).pathname !== '/graphql') return;
    noteSecretsIn(request.postDataJSON());
  });
  page.on('response', (response) => {
    if (new URL(response.url()).pathname !== '/graphql') return;
    void response
      .headerValue('set-cookie')
      .then((cookie) => {
        const token = /^signet=([^;]+)/.exec(cookie ?? '')?.[1];
        if (token !== undefined) noteSecret(token);
      })
      .catch(() => undefined); // the window has closed
    if (response.headers()['content-type']?.includes('json') !== true) return;
    void response
      .json()
      .then(noteSecretsIn)
      .catch(() => undefined); // the window has closed
  });
}

/** `npm test` has built them already; who runs one file gets them here, once in a run. */
async function buildPages(): Promise<void> {
  if (await arePagesFresh()) return;
  const isFirst = await mkdir(join(testRun().folder, 'pages')).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    await promisify(execFile)('npm', ['run', 'build:web', '--silent'], { cwd: ROOT });
  } else {
    await eventually(async () => ((await arePagesFresh()) ? true : undefined));
  }
}

async function arePagesFresh(): Promise<boolean> {
  const built = join(ROOT, 'dist/web/phone/index.html');
  if (!existsSync(built)) return false;
  const { mtimeMs } = await stat(built);
  const sources = join(ROOT, 'src/web');
  for (const name of await readdir(sources, { recursive: true })) {
    if (name.endsWith('.generated.d.ts')) continue;
    if ((await stat(join(sources, name))).mtimeMs > mtimeMs) return false;
  }
  return true;
}
