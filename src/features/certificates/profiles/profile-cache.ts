import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import {
  compileProfile,
  DEFAULT_ISSUING_PROFILES,
  type IssuingProfile,
} from '../x509/issuing-profile.js';
import type { CertificateProfile } from './certificate-profile.js';

const MAX_ENTRIES = 1000;

/** Compiles each profile once, whichever order it comes with: what is the same is known by its content. */
export class ProfileCache {
  private readonly known = new Map<string, IssuingProfile>();

  compiled(kind: CertificateKind, profile: CertificateProfile | undefined): IssuingProfile {
    if (profile === undefined) return DEFAULT_ISSUING_PROFILES[kind];
    const key = JSON.stringify(profile);
    const found = this.known.get(key);
    if (found !== undefined) return found;
    if (this.known.size >= MAX_ENTRIES) this.known.clear();
    const made = compileProfile(profile);
    this.known.set(key, made);
    return made;
  }
}
