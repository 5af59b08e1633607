/** Where one is in the portal, as the part behind # says it. Nothing secret ever stands there. */
export type Route =
  | { readonly page: 'HOME' }
  | { readonly page: 'ACCOUNT' }
  | { readonly page: 'FORGOT_PASSWORD' }
  | { readonly page: 'ORDER'; readonly projectId: string }
  | { readonly page: 'ENROLMENT'; readonly enrolmentId: string };

const ID = '([A-Za-z0-9_-]{1,64})';
const ORDER = new RegExp(`^#/order/${ID}$`, 'u');
const ENROLMENT = new RegExp(`^#/enrolment/${ID}$`, 'u');

/** Whatever is not a known place is home. */
export function parseRoute(hash: string): Route {
  if (hash === '#/account') return { page: 'ACCOUNT' };
  if (hash === '#/forgot-password') return { page: 'FORGOT_PASSWORD' };
  const projectId = ORDER.exec(hash)?.[1];
  if (projectId !== undefined) return { page: 'ORDER', projectId };
  const enrolmentId = ENROLMENT.exec(hash)?.[1];
  if (enrolmentId !== undefined) return { page: 'ENROLMENT', enrolmentId };
  return { page: 'HOME' };
}

export function hashOf(route: Route): string {
  switch (route.page) {
    case 'ORDER':
      return `#/order/${route.projectId}`;
    case 'ENROLMENT':
      return `#/enrolment/${route.enrolmentId}`;
    case 'ACCOUNT':
      return '#/account';
    case 'FORGOT_PASSWORD':
      return '#/forgot-password';
    case 'HOME':
      return '#/';
  }
}
