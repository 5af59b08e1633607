import { actorIdOf, reachesProject, type Actor, type RequestContext } from '../../kernel/actor.js';
import type { Scope } from '../../platform/scope.js';
import type { Enrolment } from './enrolment.entity.js';

export type Viewer = Pick<Scope, 'actor'> & { readonly request: Pick<RequestContext, 'grants'> };

/** Its owner, who ordered it, and the holder of its watch token. */
export function maySteer({ actor, request }: Viewer, enrolment: Enrolment): boolean {
  if (request.grants.watch === enrolment.id) return true;
  if (actor.kind === 'user' && actor.userId === enrolment.userId) return true;
  return wasOrderedBy(actor, enrolment);
}

/** Those, and the phone that claimed it. */
export function mayCancel(viewer: Viewer, enrolment: Enrolment): boolean {
  const { device } = viewer.request.grants;
  const isItsPhone =
    device?.enrolmentId === enrolment.id && device.thumbprint === enrolment.deviceThumbprint;
  return isItsPhone || maySteer(viewer, enrolment);
}

/** Those, and API clients in all of their projects: they come here only where a rule lets them watch. */
export function mayWatch(viewer: Viewer, enrolment: Enrolment): boolean {
  const { actor } = viewer;
  const isItsProject = actor.kind === 'client' && reachesProject(actor, enrolment.projectId);
  return isItsProject || mayCancel(viewer, enrolment);
}

/** A client's own orders are out of its reach, too, once their project is. */
export function wasOrderedBy(
  actor: Actor,
  { orderedBy, projectId }: Pick<Enrolment, 'orderedBy' | 'projectId'>,
): boolean {
  return (
    (actor.kind === 'user' || actor.kind === 'client') &&
    actorIdOf(actor) === orderedBy &&
    reachesProject(actor, projectId)
  );
}
