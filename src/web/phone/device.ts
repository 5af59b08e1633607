import type { DeviceInput } from '../../phone/contract.js';

/** As in the User-Agent Client Hints draft; not in every browser. */
interface UserAgentData {
  readonly platform: string;
  getHighEntropyValues(hints: readonly string[]): Promise<{ readonly model?: string }>;
}

const PLATFORMS = [
  ['iPhone', 'iPhone', 'iOS'],
  ['iPad', 'iPad', 'iPadOS'],
  ['Android', 'Android phone', 'Android'],
  ['Macintosh', 'Mac', 'macOS'],
  ['Windows', 'Windows computer', 'Windows'],
  ['CrOS', 'Chromebook', 'ChromeOS'],
  ['Linux', 'Linux computer', 'Linux'],
] as const;

/** How the phone introduces itself, so that its owner knows it again on the page. */
export async function describeDevice(browser: Navigator): Promise<DeviceInput> {
  const known = PLATFORMS.find(([mark]) => browser.userAgent.includes(mark));
  const [, name, platform] = known ?? ['', 'Phone', 'Unknown'];
  const model = await modelOf(browser);
  return model === undefined ? { name, platform } : { name: model, platform, model };
}

async function modelOf(browser: Navigator): Promise<string | undefined> {
  const { userAgentData } = browser as Navigator & { readonly userAgentData?: UserAgentData };
  try {
    const { model = '' } = (await userAgentData?.getHighEntropyValues(['model'])) ?? {};
    return model === '' ? undefined : model;
  } catch {
    return undefined;
  }
}
