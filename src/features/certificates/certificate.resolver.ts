import { Query, Resolver } from 'type-graphql';
import { Resource } from '../access/resource.types.js';
import type { IssuanceService } from './issuance.service.js';
import { CertificateAuthorityType } from './certificate.types.js';

@Resolver()
export class CertificateAuthorityResolver {
  constructor(private readonly issuance: IssuanceService) {}

  @Resource('/certificate-authority')
  @Query(() => CertificateAuthorityType, {
    description: 'The authority that issues the certificates of mobile IDs, open to everyone.',
  })
  certificateAuthority(): CertificateAuthorityType {
    const { authority } = this.issuance;
    return {
      subject: authority.subject,
      keyAlgorithm: authority.keyAlgorithm,
      pem: authority.certificatePem,
      chain: authority.chainPem,
      fingerprint: authority.fingerprint,
      crlUrl: authority.crlUrl,
      ocspUrl: authority.ocspUrl,
    };
  }
}
