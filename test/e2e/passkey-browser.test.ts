import type { CDPSession } from 'playwright-core';
import {
  ceremonyOf,
  finishPasskey,
  finishRegistration,
  startPasskey,
  startRegistration,
} from '../helpers/factors';
import { codeOf } from '../helpers/graphql';
import { sessionOf } from '../helpers/sessions';
import { setStage, type Stage } from '../helpers/browser/stage';

/** What a browser's own WebAuthn makes of the server's options, with an authenticator that Chromium plays. */
let stage: Stage;
let token: string;
let userId: string;

beforeAll(async () => {
  stage = await setStage();
  const { person } = await stage.someone('alva');
  userId = person.id;
});
beforeEach(async () => {
  token = await sessionOf(stage.server, userId);
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

interface Window {
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
  create(options: string): Promise<string>;
  get(options: string): Promise<string>;
}

async function openWindow(transport: 'internal' | 'usb' = 'internal'): Promise<Window> {
  const { page, context } = await stage.openPortal();
  await page.goto('/');
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    cdp,
    authenticatorId,
    create: (options) =>
      page.evaluate(async (json) => {
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(json));
        const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
        return JSON.stringify(made.toJSON());
      }, options),
    get: (options) =>
      page.evaluate(async (json) => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(json));
        const given = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
        return JSON.stringify(given.toJSON());
      }, options),
  };
}

test.each(['internal', 'usb'] as const)(
  'a passkey that a browser made on an authenticator of kind %s signs in without a user name, and strengthens',
  async (transport) => {
    const { server } = stage;
    const window = await openWindow(transport);
    const { id, options } = ceremonyOf(await startRegistration(server, token));
    const response = await window.create(options);
    const made = await finishRegistration(server, token, { id, response });
    expect(made.errors).toEqual([]);

    const anonymous = ceremonyOf(await startPasskey(server));
    const assertion = await window.get(anonymous.options);
    const signedIn = await finishPasskey(server, { id: anonymous.id, response: assertion });
    expect(signedIn.errors).toEqual([]);
    expect(signedIn.data.finishPasskeySignIn.viewer.user).toEqual({ id: userId });
    const replayed = await finishPasskey(server, { id: anonymous.id, response: assertion });
    expect(codeOf(replayed)).toBe('INVALID_CREDENTIALS');

    const own = ceremonyOf(await startPasskey(server, token));
    const proof = { id: own.id, response: await window.get(own.options) };
    const strengthened = await finishPasskey(server, proof, token);
    expect(strengthened.errors).toEqual([]);
    expect(strengthened.data.finishPasskeySignIn.viewer.evidence).toContainEqual({
      method: 'PASSKEY',
      provider: null,
    });
  },
);

test('a browser makes no second passkey on the same authenticator', async () => {
  const { server } = stage;
  const window = await openWindow();
  const { id, options } = ceremonyOf(await startRegistration(server, token));
  const response = await window.create(options);
  expect((await finishRegistration(server, token, { id, response })).errors).toEqual([]);
  const again = ceremonyOf(await startRegistration(server, token));
  await expect(window.create(again.options)).rejects.toThrow('InvalidStateError');
});

test('without user verification a browser gives nothing', async () => {
  const { cdp, authenticatorId, create } = await openWindow();
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  const { options } = ceremonyOf(await startRegistration(stage.server, token));
  await expect(create(options)).rejects.toThrow('NotAllowedError');
});

test('a copied authenticator is noticed by its counter', async () => {
  const { server } = stage;
  const original = await openWindow('usb');
  const { id, options } = ceremonyOf(await startRegistration(server, token));
  const response = await original.create(options);
  expect((await finishRegistration(server, token, { id, response })).errors).toEqual([]);
  const { credentials } = await original.cdp.send('WebAuthn.getCredentials', {
    authenticatorId: original.authenticatorId,
  });
  const prove = async (window: Window) => {
    const ceremony = ceremonyOf(await startPasskey(server));
    const answer = await window.get(ceremony.options);
    return finishPasskey(server, { id: ceremony.id, response: answer });
  };
  expect((await prove(original)).errors).toEqual([]);
  const copy = await openWindow('usb');
  for (const credential of credentials) {
    await copy.cdp.send('WebAuthn.addCredential', {
      authenticatorId: copy.authenticatorId,
      credential,
    });
  }
  expect(codeOf(await prove(copy))).toBe('INVALID_CREDENTIALS');
  expect((await prove(original)).errors).toEqual([]);
});
