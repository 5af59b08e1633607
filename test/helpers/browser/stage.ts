import type { Browser } from 'playwright-core';
import { openBrowser, openWindow, type BrowserWindow } from './browser';
import { administrator, createPerson, createProject, signIn, stepUp, type Person } from '../people';
import { startTestServer, type TestServer, type TestServerOptions } from '../server';

/** What a browser test plays on: a server with one project, a browser, and windows that close after each test. */
export interface Stage {
  readonly server: TestServer;
  readonly browser: Browser;
  /** Someone new, with a session that holds both proofs. */
  someone(username: string): Promise<{ readonly person: Person; readonly token: string }>;
  openPortal(): Promise<BrowserWindow>;
  openPhone(): Promise<BrowserWindow>;
  closeWindows(): Promise<void>;
  close(): Promise<void>;
}

export async function setStage(
  settings: Readonly<Record<string, unknown>> = {},
  options: TestServerOptions = {},
): Promise<Stage> {
  const [server, browser] = await Promise.all([startTestServer(options), openBrowser()]);
  const admin = await administrator(server);
  await createProject(server, admin, 'Staff mobile ID', settings);
  return {
    server,
    browser,
    someone: async (username) => {
      const person = await createPerson(server, admin, username);
      const token = await signIn(server, username, person.password);
      return { person, token: await stepUp(server, token, person.email) };
    },
    openPortal: () => openWindow(browser, server, 'DESKTOP'),
    openPhone: () => openWindow(browser, server, 'PHONE'),
    closeWindows: async () => {
      for (const context of browser.contexts()) await context.close();
    },
    close: async () => {
      await browser.close();
      await server.stop();
    },
  };
}
