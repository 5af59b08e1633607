type Actor = 'nobody' | 'alva' | 'olga' | 'admin';

/** Who calls, and which entry that leaves: with outcome SUCCESS, unless told otherwise. */
type Audited = readonly [Actor, action: string, outcome?: 'REFUSED'];

/** Which entry each mutation leaves. A new mutation has to be entered here, or below, before the tests pass. */
export const AUDITED: Readonly<Record<string, Audited>> = {
  'Mutation.signInWithPassword': ['nobody', 'session.sign-in'],
  'Mutation.sendEmailCode': ['alva', 'email-code.send'],
  'Mutation.verifyEmailCode': ['alva', 'session.strengthen'],
  'Mutation.sendSmsCode': ['alva', 'sms-code.send'],
  'Mutation.verifySmsCode': ['alva', 'session.strengthen'],
  'Mutation.verifyTotp': ['alva', 'session.strengthen'],
  'Mutation.startTotpEnrolment': ['alva', 'totp.start'],
  'Mutation.confirmTotpEnrolment': ['alva', 'totp.confirm'],
  'Mutation.removeTotpAuthenticator': ['alva', 'totp.remove'],
  'Mutation.finishPasskeySignIn': ['nobody', 'session.sign-in'],
  'Mutation.finishPasskeyRegistration': ['alva', 'passkey.add'],
  'Mutation.removePasskey': ['alva', 'passkey.remove'],
  'Mutation.signInWithClientCertificate': ['nobody', 'session.sign-in'],
  'Mutation.registerMyClientCertificate': ['alva', 'client-certificate.register'],
  'Mutation.removeMyClientCertificate': ['alva', 'client-certificate.remove'],
  'Mutation.startMobileIdProof': ['alva', 'mobile-id-proof.start'],
  'Mutation.answerMobileIdChallenge': ['nobody', 'mobile-id-proof.answer'],
  'Mutation.rejectMobileIdChallenge': ['nobody', 'mobile-id-proof.reject', 'REFUSED'],
  'Mutation.finishMobileIdProof': ['alva', 'session.strengthen'],
  'Mutation.requestPasswordReset': ['nobody', 'password.request-reset'],
  'Mutation.setPassword': ['nobody', 'password.set'],
  'Mutation.changePassword': ['alva', 'password.change'],
  'Mutation.invitePassword': ['olga', 'password.invite'],
  'Mutation.signOut': ['alva', 'session.sign-out'],
  'Mutation.claimEnrolment': ['nobody', 'enrolment.claim'],
  'Mutation.activateEnrolment': ['nobody', 'enrolment.activate'],
  'Mutation.acknowledgeActivation': ['nobody', 'enrolment.acknowledge'],
  'Mutation.startEnrolment': ['alva', 'enrolment.start'],
  'Mutation.startEnrolmentForUser': ['olga', 'enrolment.start'],
  'Mutation.cancelEnrolment': ['alva', 'enrolment.cancel'],
  'Mutation.confirmDevice': ['alva', 'enrolment.confirm-device'],
  'Mutation.renewEnrolmentCode': ['alva', 'enrolment.renew-code'],
  'Mutation.approveDevice': ['olga', 'enrolment.confirm-device'],
  'Mutation.rejectDevice': ['olga', 'enrolment.reject-device'],
  'Mutation.revokeMyProfile': ['alva', 'profile.revoke'],
  'Mutation.deactivateMyProfile': ['alva', 'profile.deactivate'],
  'Mutation.reactivateMyProfile': ['alva', 'profile.reactivate'],
  'Mutation.revokeProfile': ['olga', 'profile.revoke'],
  'Mutation.deactivateProfile': ['olga', 'profile.deactivate'],
  'Mutation.reactivateProfile': ['olga', 'profile.reactivate'],
  'Mutation.requestKeyRecovery': ['olga', 'key-recovery.request'],
  'Mutation.approveKeyRecovery': ['olga', 'key-recovery.approve'],
  'Mutation.rejectKeyRecovery': ['olga', 'key-recovery.reject'],
  'Mutation.createUser': ['olga', 'user.create'],
  'Mutation.updateUser': ['olga', 'user.update'],
  'Mutation.activateUser': ['olga', 'user.activate'],
  'Mutation.deactivateUser': ['olga', 'user.deactivate'],
  'Mutation.lockUser': ['olga', 'user.lock'],
  'Mutation.endMySession': ['alva', 'session.end'],
  'Mutation.endMyOtherSessions': ['alva', 'session.end'],
  'Mutation.endSession': ['olga', 'session.end'],
  'Mutation.endSessionsOfUser': ['olga', 'session.end'],
  'Mutation.unlockMethod': ['olga', 'method.unlock'],
  'Mutation.setUserRoles': ['admin', 'user.set-roles'],
  'Mutation.createProject': ['admin', 'project.create'],
  'Mutation.updateProjectSettings': ['admin', 'project.update-settings'],
  'Mutation.updateCertificateProfile': ['admin', 'project.update-certificate-profile'],
  'Mutation.createApiClient': ['admin', 'api-client.create'],
  'Mutation.updateApiClient': ['admin', 'api-client.update'],
  'Mutation.rotateApiClientSecret': ['admin', 'api-client.rotate-secret'],
  'Mutation.deleteApiClient': ['admin', 'api-client.delete'],
  'Mutation.createAccessRule': ['admin', 'access-rule.create'],
  'Mutation.updateAccessRule': ['admin', 'access-rule.update'],
  'Mutation.deleteAccessRule': ['admin', 'access-rule.delete'],
  'Mutation.createIdentityProvider': ['admin', 'identity-provider.create'],
  'Mutation.updateIdentityProvider': ['admin', 'identity-provider.update'],
  'Mutation.deleteIdentityProvider': ['admin', 'identity-provider.delete'],
};

/** They open a challenge, which is nothing until it is answered: strangers could fill the log with them. */
export const NOT_AUDITED = ['Mutation.startPasskeyRegistration', 'Mutation.startPasskeySignIn'];

/** Whom the entry names where nobody was signed in: who is now. */
export const SIGNS_IN: Readonly<Record<string, string>> = {
  'Mutation.signInWithPassword': 'user:berta',
  'Mutation.finishPasskeySignIn': 'user:alva',
  'Mutation.signInWithClientCertificate': 'user:alva',
};

/** What is remembered even where the rest is undone: the attempt, the used challenge, and the requests that will be certified. */
export const IN_TWO_STEPS: ReadonlySet<string> = new Set([
  'Mutation.verifyEmailCode',
  'Mutation.verifySmsCode',
  'Mutation.finishPasskeySignIn',
  'Mutation.finishPasskeyRegistration',
  'Mutation.confirmDevice',
  'Mutation.approveDevice',
  'Mutation.activateEnrolment',
]);
