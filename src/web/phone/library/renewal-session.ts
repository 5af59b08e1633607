import type { Advice } from '../../../phone/advice.js';
import type { StoredMobileId } from '../../../phone/keys/key-store.js';
import { renewalAdviceOn } from '../../../phone/renewal/renewal-advice.js';
import type { Renewer } from '../../../phone/renewal/renewer.js';

/** How far a mobile ID's renewal is; one that is not due yet has none. */
export type RenewalState =
  | { readonly name: 'DUE'; readonly endsAt: string }
  | { readonly name: 'RENEWING' }
  | { readonly name: 'RENEWED' }
  | { readonly name: 'PROBLEM'; readonly advice: Advice };

export type RenewalStates = ReadonlyMap<string, RenewalState>;

export interface RenewalParts {
  readonly serverUrl: string;
  readonly renewer: Pick<Renewer, 'look' | 'renew' | 'isPending'>;
  readonly now: () => Date;
  /** The mobile ID has new certificates, to be shown. */
  readonly onRenewed: () => Promise<void>;
}

/**
 * Offers to renew what may be renewed. A renewal is begun by its owner, never by the page; one that was begun and broken off
 * goes on by itself.
 */
export class RenewalSession {
  private states: RenewalStates = new Map();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly parts: RenewalParts) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly current = (): RenewalStates => this.states;

  /** Asks the server about those that it knows. What cannot be asked now is asked at the next visit. */
  async look(mobileIds: readonly StoredMobileId[]): Promise<void> {
    const own = mobileIds.filter(({ serverUrl }) => serverUrl === this.parts.serverUrl);
    await Promise.all(own.map((mobileId) => this.lookAt(mobileId)));
  }

  async renew(profileId: string): Promise<void> {
    if (this.states.get(profileId)?.name === 'RENEWING') return;
    this.show(profileId, { name: 'RENEWING' });
    try {
      await this.parts.renewer.renew(profileId);
      this.show(profileId, { name: 'RENEWED' });
      await this.parts.onRenewed();
    } catch (error) {
      this.show(profileId, { name: 'PROBLEM', advice: renewalAdviceOn(error) });
    }
  }

  private async lookAt(mobileId: StoredMobileId): Promise<void> {
    const { renewer, now } = this.parts;
    const { id } = mobileId.profile;
    if (this.states.has(id)) return;
    if (await renewer.isPending(id)) {
      await this.renew(id);
      return;
    }
    const task = await renewer.look(mobileId).catch(() => undefined);
    if (task === undefined || new Date(task.renewableFrom) > now()) return;
    if (!this.states.has(id)) this.show(id, { name: 'DUE', endsAt: task.endsAt });
  }

  private show(profileId: string, state: RenewalState): void {
    this.states = new Map([...this.states, [profileId, state]]);
    for (const listener of this.listeners) listener();
  }
}
