import type { Profile } from '../home/documents.js';

type Described = Pick<Profile['device'], 'name' | 'platform'>;

const PHONES = new Set(['Android', 'iOS']);

/** What a mobile ID's device is called; that of an EST client, say, is no phone. */
export type DeviceNoun = 'phone' | 'device';

export function deviceNoun({ platform }: Pick<Described, 'platform'>): DeviceNoun {
  return PHONES.has(platform) ? 'phone' : 'device';
}

/** Its name, and its platform where the name does not say it already. */
export function deviceText({ name, platform }: Described): string {
  return name.includes(platform) ? name : `${name} (${platform})`;
}
