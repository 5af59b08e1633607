import { DomainError } from '../../src/kernel/errors';

/** How SCIM names the refusal; undefined where nothing was refused. @throws whatever else is thrown */
export function scimTypeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.facts['scimType'] as string;
  }
}

export interface ScimResource {
  readonly id: string;
  readonly [name: string]: any;
}

interface ScimAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

/** Calls one project's SCIM endpoint as a directory does. */
export class ScimDirectory {
  constructor(
    readonly base: string,
    private readonly token: string | null,
  ) {}

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ScimAnswer> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        ...(this.token !== null && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  /** @throws Error where it is refused */
  async done(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 400) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }

  user(userName: string, fields: object = {}): Promise<ScimResource> {
    return this.done('POST', '/Users', newUser(userName, fields));
  }

  group(displayName: string, memberIds: readonly string[] = []): Promise<ScimResource> {
    const members = memberIds.map((value) => ({ value }));
    return this.done('POST', '/Groups', { schemas: [GROUP_URN], displayName, members });
  }

  patch(path: string, ...operations: readonly object[]): Promise<ScimAnswer> {
    return this.call('PATCH', path, { schemas: [PATCH_URN], Operations: operations });
  }

  async found(filter: string, type = 'Users'): Promise<ScimResource[]> {
    const query = new URLSearchParams({ filter, count: '200' }).toString();
    return (await this.done('GET', `/${type}?${query}`)).Resources as ScimResource[];
  }
}

export const USER_URN = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_URN = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export function newUser(userName: string, fields: object = {}): object {
  return { schemas: [USER_URN], userName, ...fields };
}
