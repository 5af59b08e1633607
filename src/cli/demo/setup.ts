import { randomUUID } from 'node:crypto';
import type { App } from '../../app.js';
import type { Role } from '../../kernel/actor.js';
import type { ChangeScope } from '../../platform/scope.js';
import { DEMO_CORP, type DemoCorp } from './corp.js';
import type { Employee } from '../demo-corp/staff.js';
import type { Passwords } from './passwords.js';

const PROJECT = 'Signet demo';
/** The rule that step 2 runs into. */
const GUARDED = '/mobile-id/get';
/** The highest there is: each demo on the same data adds one. */
const MAX_PROFILES = 100;
const FEW_PROJECTS = 100;

interface Person {
  readonly username: 'alva' | 'ole';
  readonly displayName: string;
  readonly roles: readonly Role[];
}

const PEOPLE: readonly Person[] = [
  { username: 'alva', displayName: 'Alva Lind', roles: ['USER'] },
  { username: 'ole', displayName: 'Ole Berg', roles: ['USER', 'OPERATOR'] },
];

export interface Stage {
  readonly projectId: string;
  /** Of the rule that guards ordering; null where an administrator has deleted it. */
  readonly ruleId: string | null;
}

export function addressOf(username: string): string {
  return `${username}@example.org`;
}

/** Demo Corp's one employee. Signet makes her account when she first comes. */
export function employeeOf({ selma }: Pick<Passwords, 'selma'>): Employee {
  return {
    username: 'selma',
    displayName: 'Selma Ek',
    email: addressOf('selma'),
    groups: ['demo-corp'],
    password: selma,
  };
}

/** Demo Corp as identity provider, at the address where it listens this time. */
export async function introduceCorp(
  { services }: Pick<App, 'services'>,
  { metadataXml }: DemoCorp,
): Promise<void> {
  const { work, identityProviders } = services;
  const request = await work.systemRequest('demo', randomUUID());
  await work.change(request, async (scope) => {
    const present = (await identityProviders.list(scope)).find(({ name }) => name === DEMO_CORP);
    const { id = null, label = 'Sign in with Demo Corp', enabled = true } = present ?? {};
    const input = {
      ...{ name: DEMO_CORP, label, metadataXml, createUsers: true, enabled },
      attributes: {
        username: 'username',
        email: 'email',
        displayName: 'displayName',
        groups: 'groups',
      },
    };
    if (id === null) await identityProviders.create(scope, input);
    else await identityProviders.update(scope, id, input);
  });
}

/** Project and users where they are missing; what the reader has made of them since stays as it is. */
export async function setTheStage(
  { services }: Pick<App, 'services'>,
  passwords: Passwords,
): Promise<Stage> {
  const { work, projects, rules } = services;
  const request = await work.systemRequest('demo', randomUUID());
  return work.change(request, async (scope) => {
    for (const person of PEOPLE) await ensurePerson(services, scope, person, passwords);
    const present = (await projects.list(scope, { first: FEW_PROJECTS })).nodes.find(
      ({ name }) => name === PROJECT,
    );
    const project =
      present ??
      (await projects.create(scope, {
        name: PROJECT,
        settings: {
          channels: ['SCREEN', 'EMAIL'],
          maxProfilesPerUser: MAX_PROFILES,
          serverName: 'Signet demo',
          profileNameTemplate: 'Signet demo ID',
        },
      }));
    const rule = (await rules.list(scope)).find(
      ({ effect, resources }) => effect === 'ALLOW' && resources.includes(GUARDED),
    );
    return { projectId: project.id, ruleId: rule?.id ?? null };
  });
}

async function ensurePerson(
  { users }: App['services'],
  scope: ChangeScope,
  { username, displayName, roles }: Person,
  passwords: Passwords,
): Promise<void> {
  if ((await users.findByUsername(scope, username)) !== undefined) return;
  const email = addressOf(username);
  const password = passwords[username];
  const user = await users.create(scope, { username, displayName, email, password });
  if (roles.some((role) => !user.roles.includes(role))) {
    await users.setRoles(scope, user.id, roles);
  }
}
