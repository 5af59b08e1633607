import { proofRejected } from '../../../kernel/phone-proof.js';
import { equalSecrets, sha256 } from '../../../kernel/secrets.js';
import { provenDevice, type ProofTarget } from '../../profiles/device-proof.service.js';

/**
 * Checks which phone calls with a code: typ `claim+jwt`, over the code's hash.
 * @returns thumbprint of its key (RFC 7638, base64url)
 * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, KEY, SIGNATURE, AUDIENCE, TIME or CODE
 */
export async function checkDeviceProof(
  proof: string,
  { code, ...target }: Omit<ProofTarget, 'type'> & { readonly code: string },
): Promise<string> {
  const { thumbprint, claims } = await provenDevice(proof, { ...target, type: 'claim+jwt' });
  const { cth } = claims;
  if (typeof cth !== 'string' || !equalSecrets(Buffer.from(cth, 'base64url'), sha256(code))) {
    throw proofRejected('CODE');
  }
  return thumbprint;
}
