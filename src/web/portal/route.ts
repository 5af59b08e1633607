/** Where one is in the portal, as the part behind # says it. Nothing secret ever stands there. */
export type Route =
  | { readonly page: 'HOME' }
  | { readonly page: 'ACCOUNT' }
  | { readonly page: 'FORGOT_PASSWORD' }
  | { readonly page: 'ORDER'; readonly projectId: string }
  | {
      readonly page: 'REPLACEMENT';
      readonly projectId: string;
      readonly replacesProfileId: string;
    }
  | { readonly page: 'ENROLMENT'; readonly enrolmentId: string }
  | { readonly page: 'MOBILE_ID'; readonly profileId: string };

const ID = '([A-Za-z0-9_-]{1,64})';
const ORDER = new RegExp(`^#/order/${ID}$`, 'u');
const REPLACEMENT = new RegExp(`^#/order/${ID}/replacing/${ID}$`, 'u');
const ENROLMENT = new RegExp(`^#/enrolment/${ID}$`, 'u');
const MOBILE_ID = new RegExp(`^#/mobile-id/${ID}$`, 'u');

/** Whatever is not a known place is home. */
export function parseRoute(hash: string): Route {
  if (hash === '#/account') return { page: 'ACCOUNT' };
  if (hash === '#/forgot-password') return { page: 'FORGOT_PASSWORD' };
  return placeOf(hash) ?? { page: 'HOME' };
}

/** A place that its ids name. */
function placeOf(hash: string): Route | undefined {
  const projectId = ORDER.exec(hash)?.[1];
  if (projectId !== undefined) return { page: 'ORDER', projectId };
  const [, inProject, replacesProfileId] = REPLACEMENT.exec(hash) ?? [];
  if (inProject !== undefined && replacesProfileId !== undefined) {
    return { page: 'REPLACEMENT', projectId: inProject, replacesProfileId };
  }
  const enrolmentId = ENROLMENT.exec(hash)?.[1];
  if (enrolmentId !== undefined) return { page: 'ENROLMENT', enrolmentId };
  const profileId = MOBILE_ID.exec(hash)?.[1];
  return profileId === undefined ? undefined : { page: 'MOBILE_ID', profileId };
}

export function hashOf(route: Route): string {
  switch (route.page) {
    case 'ORDER':
      return `#/order/${route.projectId}`;
    case 'REPLACEMENT':
      return `#/order/${route.projectId}/replacing/${route.replacesProfileId}`;
    case 'ENROLMENT':
      return `#/enrolment/${route.enrolmentId}`;
    case 'MOBILE_ID':
      return `#/mobile-id/${route.profileId}`;
    case 'ACCOUNT':
      return '#/account';
    case 'FORGOT_PASSWORD':
      return '#/forgot-password';
    case 'HOME':
      return '#/';
  }
}
