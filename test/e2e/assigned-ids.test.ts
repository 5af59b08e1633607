import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { accessToken, createClient } from '../helpers/api-clients';
import { assignedIdOf, changeId, tokenIn } from '../helpers/assigned-ids';
import { administrator } from '../helpers/people';
import { createMobileId, scan, seeScreen } from '../helpers/browser/portal';
import { noteSecret } from '../helpers/run';
import { createSelfRegistration } from '../helpers/self-registration';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
let admin: string;
let host: Server;
let hostUrl: string;
/** What the host's page was asked for, as its server saw it. */
let asked: string[];

beforeAll(async () => {
  stage = await setStage({}, { environment: { CA_KEY_ALGORITHM: 'P-256' } });
  admin = await administrator(stage.server);
  host = createServer((req, res) => {
    asked.push(req.url ?? '');
    res.setHeader('content-type', 'text/html').end('<title>Host</title><h1>Register</h1>');
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  hostUrl = `http://127.0.0.1:${String((host.address() as AddressInfo).port)}`;
});
beforeEach(() => {
  asked = [];
});
afterEach(() => stage.closeWindows());
afterAll(async () => {
  await new Promise((resolve) => host.close(resolve));
  await stage.close();
});

async function newProject(): Promise<{ projectId: string; uri: string }> {
  const settings = {
    registrationUrlTemplate: `${hostUrl}/register#id={assignedId}&token={registrationToken}`,
  };
  return createSelfRegistration(stage.server, admin, { firstId: 7, idPrefix: 'P-' }, settings);
}

/** By which mobile ID each that is kept was replaced, the first one first. */
function marksOn(page: Page): Promise<(string | null)[]> {
  return page.evaluate(async () => {
    const answerTo = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
      });
    const database = await answerTo(indexedDB.open('signet-phone'));
    const kept = database.transaction('mobileIds').objectStore('mobileIds').getAll();
    const mobileIds = (await answerTo(kept)) as { storedAt: Date; replacedBy?: string }[];
    database.close();
    return mobileIds
      .sort((a, b) => a.storedAt.getTime() - b.storedAt.getTime())
      .map(({ replacedBy }) => replacedBy ?? null);
  });
}

test('a phone leads from its ID to the page of the host, which confirms what the link proves', async () => {
  const { projectId, uri } = await newProject();
  const { page, complaints } = await stage.openPhone();
  await scan(page, uri);
  await createMobileId(page);
  const registration = page.locator('[data-registration="P-7"]');
  await registration.getByRole('link', { name: 'Register this ID' }).click();
  await page.getByRole('heading', { name: 'Register' }).waitFor();
  const { hash } = new URL(page.url());
  const token = tokenIn(hash) ?? '';
  noteSecret(token);
  expect(hash).toBe(`#id=P-7&token=${token}`);
  expect(asked.filter((path) => path !== '/favicon.ico')).toEqual(['/register']); // the token reached no server
  const scopes = ['assigned-ids:confirm'];
  const wishes = { scopes, projectIds: [projectId] };
  const client = await accessToken(stage.server, await createClient(stage.server, admin, wishes));
  const { errors } = await changeId(stage.server, client, 'confirmAssignedId', {
    projectId,
    value: 'P-7',
    hostReference: 'customer 4711',
    registrationToken: token,
  });
  expect([errors, complaints]).toEqual([[], [`request: ${hostUrl}/register`]]); // the page is none of Signet's
});

test('a phone that is activated again shows its ID once, and reports in whenever its page is opened', async () => {
  const { projectId, uri } = await newProject();
  const { page, complaints } = await stage.openPhone();
  await scan(page, uri);
  await createMobileId(page);
  await page.goto('about:blank');
  await scan(page, uri);
  await createMobileId(page);
  await stage.server.database.query(
    `UPDATE assigned_id SET last_seen_at = now() - interval '9 days' WHERE project_id = $1`,
    [projectId],
  );
  await page.goto('about:blank');
  const reported = page.waitForResponse(
    (response) => response.request().postData()?.includes('reportDevice') === true,
  );
  await page.goto('/m');
  await seeScreen(page, 'LIBRARY');
  expect(await (await reported).json()).toEqual({ data: { reportDevice: true } });
  expect(await page.locator('[data-mobile-id]').count()).toBe(1);
  const present = await page.locator('[data-mobile-id]').getAttribute('data-mobile-id');
  expect(await marksOn(page)).toEqual([present, null]);
  await page.locator('[data-registration="P-7"]').waitFor();
  const { lastSeenAt } = await assignedIdOf(stage.server, admin, projectId, 'P-7');
  expect(Date.parse(lastSeenAt as string)).toBeGreaterThan(Date.now() - 86_400_000);
  expect(complaints).toEqual([]);
});
