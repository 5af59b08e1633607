import type { Scope } from '../../../platform/scope.js';
import type { AuthorityService } from './authority.service.js';
import type { CertificateAuthority } from '../x509/certificate-authority.js';

/** The issuing authorities, as this process knows them. Another process may have rolled over to a new one meanwhile. */
export class IssuingAuthorities {
  private byId: ReadonlyMap<string, CertificateAuthority> = new Map();
  private active: CertificateAuthority | undefined;

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

  /** Also one that issues no more. */
  find(id: string): CertificateAuthority | undefined {
    return this.byId.get(id);
  }

  async reload(scope: Scope): Promise<void> {
    const { active, issuing } = await this.authorities.openIssuing(scope, this.pkiUrl);
    this.byId = new Map(issuing.map((authority) => [authority.issuerId, authority]));
    this.active = active;
  }
}
