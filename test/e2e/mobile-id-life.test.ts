import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { sectionOf, seeDone, typeCode } from '../helpers/account';
import { enrolTotp } from '../helpers/factors';
import { giveSession } from '../helpers/browser/browser';
import { addMember, removeMember } from '../helpers/members';
import { administrator, type Person } from '../helpers/people';
import {
  createMobileId,
  scan,
  seeStatus,
  signInOnPage,
  stepUpOnPage,
} from '../helpers/browser/portal';
import { auditOf, enrol, moveProfile, standingOf } from '../helpers/profiles';
import { sessionOf } from '../helpers/sessions';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ maxProfilesPerUser: 1, channels: ['EMAIL', 'SCREEN'] });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

/** Somebody with a mobile ID, and a session of his with what ordering needs. */
async function holder(username: string) {
  const { person, token } = await stage.someone(username);
  const profileId = await enrol(stage.server, token, { channel: 'SCREEN' });
  return { person, token, profileId };
}

/** His portal, at this mobile ID; the session begins with a password and nothing else. */
async function openMobileId(person: Person, profileId: string) {
  const window = await stage.openPortal();
  await window.page.goto('/');
  await signInOnPage(window.page, person);
  await window.page.locator(`[data-profile="${profileId}"]`).getByRole('link').click();
  await seeState(window.page, profileId, 'ACTIVE');
  return window;
}

function seeState(page: Page, profileId: string, state: string): Promise<void> {
  return page.locator(`[data-profile="${profileId}"][data-state="${state}"]`).waitFor();
}

const moves = (page: Page) => sectionOf(page, 'moves');

test('a mislaid phone is suspended at once, and reactivated after a proof by another method', async () => {
  const { person, profileId } = await holder('alva');
  const { page, complaints } = await openMobileId(person, profileId);
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // "Keep"
  await page.locator('[data-move="SUSPEND"] button:focus').click();
  await page.getByRole('button', { name: 'Yes, suspend' }).click();
  await seeState(page, profileId, 'INACTIVE');
  await page.getByText('Suspended by you.').waitFor();
  await seeDone(moves(page));
  await page.locator('[data-certificate][data-status="ON_HOLD"]').first().waitFor();
  expect(await standingOf(stage.server, profileId)).toMatchObject({
    state: 'INACTIVE',
    suspendedBy: ['HOLDER'],
    certificates: ['ON_HOLD'],
  });

  await page.getByRole('button', { name: 'Reactivate' }).click();
  await moves(page).locator('[data-step-up="PROVE"]').waitFor();
  expect((await standingOf(stage.server, profileId)).state).toBe('INACTIVE');
  await stepUpOnPage(page, stage.server, person.email);
  await seeState(page, profileId, 'ACTIVE');
  await page.getByText('The mobile ID is active again.').waitFor();
  expect(await standingOf(stage.server, profileId)).toMatchObject({ certificates: ['VALID'] });
  expect(complaints).toEqual([]);
});

test('what an operator has suspended is not offered to be reactivated, and says whom to ask', async () => {
  const { person, profileId } = await holder('berit');
  const { page } = await openMobileId(person, profileId);
  await moveProfile(stage.server, 'deactivateProfile', profileId, {
    token: await administrator(stage.server),
  });
  // Coming back to the tab.
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await seeState(page, profileId, 'INACTIVE');
  await page.getByText('Suspended by an operator.').waitFor();
  await page.getByRole('button', { name: 'Revoke' }).waitFor();
  expect(await page.getByRole('button', { name: 'Reactivate' }).count()).toBe(0);
});

test('who was removed from the programme reads why, is offered nothing there, and can still revoke', async () => {
  const { server } = stage;
  const { person, profileId } = await holder('beatrix');
  const [project] = await server.database.query<{ id: string }>('SELECT id FROM project');
  const projectId = project?.id ?? '';
  const { page, complaints } = await openMobileId(person, profileId);
  const admin = await administrator(server);
  await addMember(server, admin, { projectId, userId: person.id });
  await removeMember(server, admin, { projectId, userId: person.id });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await seeState(page, profileId, 'INACTIVE');
  await page.getByText('Suspended, because you were removed from this programme.').waitFor();
  await page.getByRole('button', { name: 'Revoke' }).waitFor();
  expect(await page.locator('[data-move]').count()).toBe(1);
  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByText('There is no programme that you can order a mobile ID from.').waitFor();
  await page.goto(`/#/order/${projectId}`);
  await page.getByText('This programme is not offered to you (any more).').waitFor();
  expect(complaints).toEqual([]);
});

test('a move that was overtaken elsewhere is refused, and the page shows how it stands', async () => {
  const { person, profileId, token } = await holder('bodil');
  const { page } = await openMobileId(person, profileId);
  await moveProfile(stage.server, 'revokeMyProfile', profileId, { token });
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'Yes, suspend' }).click();
  await page.locator('[data-problem="INVALID_TRANSITION"]').waitFor();
  await seeState(page, profileId, 'REVOKED');
  expect(await page.locator('[data-move]').count()).toBe(0);
});

test('a stolen phone’s mobile ID is revoked for good, once a cause is chosen', async () => {
  const { person, profileId } = await holder('cecilia');
  const { page, complaints } = await openMobileId(person, profileId);
  await page.getByRole('button', { name: 'Revoke' }).click();
  const yes = page.getByRole('button', { name: 'Yes, revoke for good' });
  expect(await yes.isDisabled()).toBe(true);
  await page.getByLabel('The device was stolen').check();
  expect((await standingOf(stage.server, profileId)).state).toBe('ACTIVE');
  await yes.click();
  await seeState(page, profileId, 'REVOKED');
  await page.getByText(/^Revoked for good on .*: it was reported lost or stolen\.$/).waitFor();
  expect(await page.locator('[data-move]').count()).toBe(0);
  expect(await standingOf(stage.server, profileId)).toMatchObject({
    state: 'REVOKED',
    certificates: ['REVOKED'],
    reasons: ['keyCompromise'],
  });
  const [last] = (await auditOf(stage.server, profileId)).slice(-1);
  expect(last).toMatchObject({ actor: `user:${person.username}`, action: 'profile.revoke' });
  expect(last?.detail).toContain('Stolen');

  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByRole('heading', { name: 'Earlier mobile IDs' }).waitFor();
  await page.getByText('You have no active mobile ID.').waitFor();
  await seeState(page, profileId, 'REVOKED');
  expect(complaints).toEqual([]);
});

test('who has proven himself by the mobile ID itself of late is asked for something else to revoke it', async () => {
  const { person, profileId } = await holder('dagny');
  const window = await stage.openPortal();
  const token = await sessionOf(stage.server, person.id, ['PASSWORD', 'MOBILE_ID']);
  await stage.server.database.query(
    `UPDATE session_evidence SET
       at = CASE method WHEN 'PASSWORD' THEN at - interval '11 minutes' ELSE at END,
       credential = CASE method WHEN 'MOBILE_ID' THEN $2 ELSE credential END
     WHERE session_id IN (SELECT id FROM session WHERE user_id = $1)`,
    [person.id, profileId],
  );
  await giveSession(window, stage.server, token);
  const { page } = window;
  await page.goto(`/#/mobile-id/${profileId}`);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByLabel('I no longer need it').check();
  await page.getByRole('button', { name: 'Yes, revoke for good' }).click();
  await page.getByText('What you are about to change cannot prove who you are').waitFor();
  expect(await page.getByRole('button', { name: 'Use my mobile ID' }).count()).toBe(0);
  await stepUpOnPage(page, stage.server, person.email);
  await seeState(page, profileId, 'REVOKED');
  expect((await standingOf(stage.server, profileId)).reasons).toEqual(['cessationOfOperation']);
});

test('a certificate is downloaded as PEM, as the API gives it', async () => {
  const { person, profileId, token } = await holder('embla');
  const { page } = await openMobileId(person, profileId);
  const saving = page.waitForEvent('download');
  await page
    .getByRole('link', { name: 'Download the certificate for authentication as PEM' })
    .click();
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/^authentication-[0-9a-f]+\.pem$/);
  const { data } = await stage.server.graphql(
    '{ myProfiles { certificates { kind pem } } }',
    {},
    { token },
  );
  const certificates = data.myProfiles[0].certificates as { kind: string; pem: string }[];
  const { pem } = certificates.find(({ kind }) => kind === 'AUTHENTICATION') ?? {};
  expect(await readFile(await file.path(), 'ascii')).toBe(pem);
});

test('a lost phone is replaced after the one proof that counts, and revoked as the new one becomes active', async () => {
  const { person, profileId, token } = await holder('freja');
  const { app } = await enrolTotp(stage.server, token);
  const { page, complaints } = await openMobileId(person, profileId);
  await page.getByRole('link', { name: 'Replace' }).click();
  await page.getByRole('heading', { name: 'Replace mobile ID' }).waitFor();
  const stepUp = page.locator('[data-step-up="PROVE"]');
  await stepUp.getByRole('button', { name: 'Send me a code' }).waitFor();
  expect(await stepUp.getByRole('button', { name: 'Use my mobile ID' }).count()).toBe(0);

  await page.getByLabel(`Mail to ${person.email}`).check();
  await stepUp.getByRole('button', { name: 'Send me a code' }).waitFor({ state: 'detached' });
  expect(await stepUp.getByRole('button').allInnerTexts()).toEqual(['Use my authenticator app']);
  expect(await page.getByLabel('Show the QR code on this screen').isChecked()).toBe(true);
  await stepUp.getByRole('button', { name: 'Use my authenticator app' }).click();
  await typeCode(page, app.code(1)); // the code of the moment was used up by confirming
  await seeStatus(page, 'WAITING_FOR_SCAN');
  await page.getByText('Until then it goes on working.').waitFor();
  expect((await standingOf(stage.server, profileId)).state).toBe('ACTIVE');

  const phone = await stage.openPhone();
  await scan(phone.page, await linkOf(page));
  await seeStatus(page, 'SCANNED');
  expect((await standingOf(stage.server, profileId)).state).toBe('ACTIVE');
  await createMobileId(phone.page);
  await seeStatus(page, 'ACTIVE');
  await page.getByText('was revoked at the moment this one became active.').waitFor();
  expect(await standingOf(stage.server, profileId)).toMatchObject({
    state: 'REVOKED',
    certificates: ['REVOKED'],
    reasons: ['superseded'],
  });
  expect(complaints).toEqual([]);

  await page.goto(`/#/order/${await projectOf(token)}/replacing/${profileId}`);
  await page.getByText('There is nothing to replace').waitFor();
});

test('who has nothing left that counts is told so, and not offered what proves nothing', async () => {
  const { person, profileId } = await holder('gerda');
  const { page } = await openMobileId(person, profileId);
  await page.getByRole('link', { name: 'Replace' }).click();
  await page.getByRole('button', { name: 'Send me a code' }).waitFor();
  await page.getByLabel(`Mail to ${person.email}`).check();
  await page.locator('[data-step-up="IMPOSSIBLE"]').waitFor();
  expect(await page.getByRole('button', { name: 'Show QR code' }).count()).toBe(0);
  await page.getByLabel(`Mail to ${person.email}`).uncheck();
  await page.getByRole('button', { name: 'Send me a code' }).waitFor();
});

/** What the QR code on the page leads to. */
async function linkOf(page: Page): Promise<string> {
  const id = /#\/enrolment\/(.+)$/.exec(page.url())?.[1];
  const response = await page.request.post('/graphql', {
    data: { query: 'query ($id: ID!) { enrolment(id: $id) { qr { uri } } }', variables: { id } },
  });
  const { data } = (await response.json()) as { data: { enrolment: { qr: { uri: string } } } };
  return data.enrolment.qr.uri;
}

async function projectOf(token: string): Promise<string> {
  const { data } = await stage.server.graphql('{ mobileIdOffers { projectId } }', {}, { token });
  return data.mobileIdOffers[0].projectId as string;
}
