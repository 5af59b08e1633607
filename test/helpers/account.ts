import { Secret, TOTP } from 'otpauth';
import type { CDPSession, Locator, Page } from 'playwright-core';
import { noteSecret } from './run';

/** A part of the account page, or of a mobile ID's. */
export function sectionOf(
  page: Page,
  name: 'passkeys' | 'totp' | 'certificates' | 'password' | 'sessions' | 'moves',
): Locator {
  return page.locator(`[data-section="${name}"]`);
}

/** Waits until the section says that it is done. */
export async function seeDone(section: Locator): Promise<void> {
  await section.locator('[data-done]').waitFor();
}

/** Starts to add an authenticator app; what it waits for then is the further proof. */
export async function addAuthenticatorApp(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add an authenticator app' }).click();
  await page.getByRole('button', { name: 'Show the code to scan' }).click();
}

/** The secret that the page shows for the app. */
export async function secretOn(page: Page): Promise<string> {
  const shown = await page.locator('[data-totp-secret]').innerText();
  const secret = shown.replaceAll(/\s/g, '');
  noteSecret(secret);
  return secret;
}

/** What the app shows now, or so many seconds later. */
export function codeOfApp(secret: string, secondsLater = 0): string {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = totp.generate({ timestamp: Date.now() + secondsLater * 1000 });
  noteSecret(code);
  return code;
}

export async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Digit 1 of 6').click();
  await page.keyboard.type(code);
}

/** What the page's own session has proven. */
export async function evidenceOf(page: Page): Promise<string[]> {
  const response = await page.request.post('/graphql', {
    data: { query: '{ viewer { evidence { method } } }' },
  });
  const { data } = (await response.json()) as {
    data: { viewer: { evidence: { method: string }[] } | null };
  };
  return (data.viewer?.evidence ?? []).map(({ method }) => method);
}

/** The authenticator of a window's device, with somebody to touch it or nobody. */
export class DeviceAuthenticator {
  private constructor(
    private readonly cdp: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  static async in(page: Page): Promise<DeviceAuthenticator> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new DeviceAuthenticator(cdp, authenticatorId);
  }

  /** Whether each request is answered by a touch, as soon as it comes. */
  async setTouched(enabled: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  }

  async passkeys(): Promise<number> {
    const { authenticatorId } = this;
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId });
    return credentials.length;
  }
}
