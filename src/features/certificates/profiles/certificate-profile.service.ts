export {
  agreeTerms,
  type CertificateTerms,
  type ProfileSettings,
  profileOf,
} from './certificate-profile.js';
export { changeProfile, type ProfileInput } from './profile-input.js';
export { purposeNameOf } from './purposes.js';
