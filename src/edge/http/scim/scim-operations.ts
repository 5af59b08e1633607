import type { ScimGroupService } from '../../../features/scim/scim-group.service.js';
import type { ScimProjectService } from '../../../features/scim/scim-project.service.js';
import type { ScimUserService } from '../../../features/scim/scim-user.service.js';
import { MAX_RESULTS, readListQuery } from '../../../features/scim/scim-list.js';
import {
  isWanted,
  project as projected,
  readProjection,
  type Projection,
} from '../../../features/scim/protocol/scim-projection.js';
import { GROUP, USER, type ResourceType } from '../../../features/scim/protocol/scim-schema.js';
import { actorIdOf, type RequestContext } from '../../../kernel/actor.js';
import { DomainError, type ProblemCode } from '../../../kernel/errors.js';
import { parseId, type UserId } from '../../../kernel/ids.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { EdgePorts } from '../../graphql/ports.js';
import {
  errorAnswer,
  listAnswer,
  problemAnswer,
  resourceAnswer,
  type ScimAnswer,
} from './scim-answers.js';
import { discover } from './scim-discovery.js';

/** Of the access rules: a directory does with users what an API client may do with them otherwise. */
export const SCIM_RESOURCE = '/operator/users';

export interface ScimServices {
  readonly work: UnitOfWork;
  readonly users: ScimUserService;
  readonly groups: ScimGroupService;
  readonly projects: ScimProjectService;
  readonly limits: RateLimits;
}

/** One operation, of a request of its own or out of a bulk request. */
export interface ScimCall {
  readonly method: string;
  /** Behind the project: `['Users', ID]`. */
  readonly path: readonly string[];
  readonly query: ScimQuery;
  readonly body: unknown;
  readonly ifMatch: string | null;
}

export interface ScimQuery {
  readonly filter?: string | undefined;
  readonly startIndex?: number | undefined;
  readonly count?: number | undefined;
  readonly attributes: readonly string[];
  readonly excludedAttributes: readonly string[];
}

interface Visit extends ScimCall {
  readonly projectId: string;
  readonly context: RequestContext;
}

type Resource = Readonly<Record<string, unknown>>;

/** What may be done with resources of one type, whatever the type. */
interface Repository {
  readonly type: ResourceType;
  list(visit: Visit, projection: Projection): Promise<ScimAnswer>;
  get(visit: Visit, id: string): Promise<Resource>;
  create(visit: Visit): Promise<Resource>;
  replace(visit: Visit, id: string): Promise<Resource>;
  patch(visit: Visit, id: string): Promise<Resource>;
  remove(visit: Visit, id: string): Promise<void>;
}

/** Does what SCIM calls ask for, each in a transaction of its own. */
export class ScimOperations {
  private readonly repositories: Readonly<Record<string, Repository>>;

  constructor(
    private readonly services: ScimServices,
    private readonly recordRefusal: EdgePorts['recordRefusal'],
  ) {
    this.repositories = { Users: usersIn(services), Groups: groupsIn(services) };
  }

  /** Refusals that callers may read are answers; whatever else is thrown is a bug. */
  async perform(context: RequestContext, projectId: string, call: ScimCall): Promise<ScimAnswer> {
    try {
      return await this.answer({ ...call, context, projectId });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (call.method !== 'GET') await this.refused(context, call.method, error.code);
      return errorAnswer(error);
    }
  }

  /** Puts into the audit log what was not carried out. */
  refused(context: RequestContext, method: string, code: ProblemCode): Promise<void> {
    const operation = `scim/${method}`;
    return this.recordRefusal(context, { operation, resource: SCIM_RESOURCE, code });
  }

  private async answer(visit: Visit): Promise<ScimAnswer> {
    const { method, path, projectId, context } = visit;
    const [endpoint = '', id, ...more] = path;
    const repository = Object.hasOwn(this.repositories, endpoint)
      ? this.repositories[endpoint]
      : undefined;
    if (repository !== undefined && more.length === 0) return this.resources(repository, visit, id);
    const { base } = await this.services.projects.get(this.services.work.read(context), projectId);
    const found = method === 'GET' ? discover(path, { base, maxResults: MAX_RESULTS }) : undefined;
    if (found === undefined) throw new DomainError('NOT_FOUND');
    // RFC 7644 4: whoever filters these would take what he gets for all there is.
    return visit.query.filter === undefined ? found : problemAnswer(403, 'These are not filtered.');
  }

  private async resources(
    repository: Repository,
    visit: Visit,
    id: string | undefined,
  ): Promise<ScimAnswer> {
    const { attributes, excludedAttributes } = visit.query;
    const projection = readProjection(repository.type, attributes, excludedAttributes);
    const action = (id === undefined ? ON_ALL : ON_ONE)[visit.method];
    if (action === undefined) return problemAnswer(405, 'This method does nothing here.');
    return action({ repository, visit, projection, id: id ?? '' });
  }
}

interface Asked {
  readonly repository: Repository;
  readonly visit: Visit;
  readonly projection: Projection;
  readonly id: string;
}
type Actions = Readonly<Partial<Record<string, (asked: Asked) => Promise<ScimAnswer>>>>;

const ON_ALL: Actions = {
  GET: ({ repository, visit, projection }) => repository.list(visit, projection),
  POST: async (asked) => shown(asked, await asked.repository.create(asked.visit), 201),
};

const ON_ONE: Actions = {
  GET: async (asked) => shown(asked, await asked.repository.get(asked.visit, asked.id)),
  PUT: async (asked) => shown(asked, await asked.repository.replace(asked.visit, asked.id)),
  PATCH: async (asked) => shown(asked, await asked.repository.patch(asked.visit, asked.id)),
  DELETE: async ({ repository, visit, id }) => {
    await repository.remove(visit, id);
    return { status: 204, body: null };
  },
};

function shown({ projection }: Asked, resource: Resource, status = 200): ScimAnswer {
  return { ...resourceAnswer(resource, status), body: projected(resource, projection) };
}

function usersIn({ work, users, limits }: ScimServices): Repository {
  /** Who comes and goes is told by mail. */
  const counted = async ({ context }: Visit, id: string): Promise<void> => {
    const userId = parseId<UserId>(id);
    const caller = actorIdOf(context.actor) ?? '';
    if (userId !== undefined) await limits.take('enrolment/start', `${caller} ${userId}`);
  };
  return {
    type: USER,
    list: async (visit, projection) => {
      const query = readListQuery(USER, visit.query);
      const page = await users.list(work.read(visit.context), visit.projectId, query);
      return pageAnswer(page, query.startIndex, projection);
    },
    get: ({ context, projectId }, id) => users.get(work.read(context), projectId, id),
    create: ({ context, projectId, body }) =>
      work.change(context, (scope) => users.create(scope, projectId, body)),
    replace: async (visit, id) => {
      await counted(visit, id);
      return work.change(visit.context, (scope) =>
        users.replace(scope, { ...visit, id }, visit.body),
      );
    },
    patch: async (visit, id) => {
      await counted(visit, id);
      return work.change(visit.context, (scope) =>
        users.patch(scope, { ...visit, id }, visit.body),
      );
    },
    remove: async (visit, id) => {
      await counted(visit, id);
      await work.change(visit.context, (scope) => users.remove(scope, { ...visit, id }));
    },
  };
}

function groupsIn({ work, groups }: ScimServices): Repository {
  return {
    type: GROUP,
    list: async (visit, projection) => {
      const query = readListQuery(GROUP, visit.query);
      const scope = work.read(visit.context);
      const isTold = isWanted(projection, 'members');
      const page = await groups.list(scope, visit.projectId, query, isTold);
      return pageAnswer(page, query.startIndex, projection);
    },
    get: ({ context, projectId }, id) => groups.get(work.read(context), projectId, id),
    create: ({ context, projectId, body }) =>
      work.change(context, (scope) => groups.create(scope, projectId, body)),
    replace: (visit, id) =>
      work.change(visit.context, (scope) => groups.replace(scope, { ...visit, id }, visit.body)),
    patch: (visit, id) =>
      work.change(visit.context, (scope) => groups.patch(scope, { ...visit, id }, visit.body)),
    remove: (visit, id) =>
      work.change(visit.context, (scope) => groups.remove(scope, { ...visit, id })),
  };
}

function pageAnswer(
  { totalResults, rows }: { readonly totalResults: number; readonly rows: readonly Resource[] },
  startIndex: number,
  projection: Projection,
): ScimAnswer {
  const resources = rows.map((row) => projected(row, projection));
  return listAnswer(resources, { totalResults, startIndex });
}
