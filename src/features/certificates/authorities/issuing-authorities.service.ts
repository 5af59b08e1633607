import type { Scope } from '../../../platform/scope.js';
import type { AuthorityService } from './authority.service.js';
import type { CertificateAuthority } from '../x509/certificate-authority.js';

/** The issuing authorities, as this process knows them. Another process may have rolled over to a new one meanwhile. */
export class IssuingAuthorities {
  private chains: ReadonlyMap<string, readonly string[]> = new Map();
  private active: CertificateAuthority | undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly authorities: AuthorityService,
    /** Origin under which revocation lists, answers and certificates of authorities are found. */
    private readonly pkiUrl: string,
  ) {}

  /** The one that issues now. */
  get current(): CertificateAuthority {
    if (this.active === undefined) throw new Error('No authority was opened yet.');
    return this.active;
  }

  /** PEM, issuer first, root last; also of one that issues no more. */
  chainOf(id: string): readonly string[] | undefined {
    return this.chains.get(id);
  }

  /** Every issuing authority's certificate and the root's, PEM. */
  get certificates(): readonly string[] {
    return [...new Set([...this.chains.values()].flat())];
  }

  /** Calls it whenever there may be another one. */
  onReload(listener: () => void): void {
    this.listeners.push(listener);
  }

  async reload(scope: Scope): Promise<void> {
    const { active, chains } = await this.authorities.openIssuing(scope, this.pkiUrl);
    this.chains = chains;
    this.active = active;
    for (const listener of this.listeners) listener();
  }
}
