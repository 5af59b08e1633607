import type { Evidence, Role } from '../../kernel/actor.js';
import type { CallerKind } from './rule.js';

/** All that a decision depends on beside the rules. */
export interface Facts {
  readonly caller: CallerKind;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly address: string;
  readonly now: Date;
  readonly scopes: readonly string[];
  readonly evidence: readonly Evidence[];
  /** Credentials that are being provisioned, replaced or recovered: they prove nothing here. */
  readonly excludedCredentials?: readonly string[];
  /** The operation changes something. */
  readonly isChange?: boolean;
}
