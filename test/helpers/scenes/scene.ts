import type { SoftwareAuthenticator } from '../authenticator';
import type { Cast } from '../cast';
import type { AnyAnswerPhone } from '../mobile-id';
import { newName, type Order } from '../orders';
import { createPerson } from '../people';
import type { TestServer } from '../server';

/** What one valid call of a root field needs: made anew for each, as most calls use it up. */
export interface Scene {
  readonly args: Readonly<Record<string, unknown>>;
  /** Of alva, where the field is about an enrolment. */
  readonly order?: Order | undefined;
  readonly deviceToken?: string;
}

/** What all scenes play on. */
export interface Setting {
  readonly server: TestServer;
  readonly cast: Cast;
  /** A project with DEVICE_CODE. */
  readonly confirmed: string;
  /** Claimed by a phone, and finished. */
  readonly finished: {
    readonly order: Order;
    readonly deviceToken: string;
    readonly profileId: string;
    /** With another mobile ID of alva, that can answer. */
    readonly phone: AnyAnswerPhone;
  };
  /** Of alva. */
  readonly passkey: SoftwareAuthenticator;
}

/** Sets the scene for one root field. `isScanned` is for who comes with a phone's token: its code cannot run out any more. */
type Setter = (isScanned: boolean) => Promise<Scene>;
export type Setters = Readonly<Record<string, Setter>>;

/** Arguments that only the caller's own session can tell: `token` is undefined for who has none. */
export type OwnArguments = (token: string | undefined) => Promise<Scene['args']>;

export function given(args: Scene['args']): Promise<Scene> {
  return Promise.resolve({ args });
}

/** Gives the id of someone whom no other scene knows. */
export async function someoneNew({ server, cast }: Setting): Promise<string> {
  const { id } = await createPerson(server, cast.admin, newName('user'));
  return id;
}
