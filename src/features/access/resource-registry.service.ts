import { RESOURCE_DESCRIPTIONS } from './resource-descriptions.js';
import { levelsOf } from './judge/resource-path.js';

/** Something that a resource's rules guard. */
export interface Guarded {
  /** The resource's path. */
  readonly resource: string;
  /** Schema coordinates such as `Mutation.startEnrolment`, or a page. */
  readonly name: string;
}

export interface KnownResource {
  readonly path: string;
  readonly description: string;
  /** Empty on inner nodes of the tree. */
  readonly guards: readonly string[];
}

/** The root of the tree lies above everything, also above what inherits no rule from it. */
const ROOT = '/';
/** As many letters may be wrong in a path that is still taken for another. */
const MAX_TYPOS = 3;

/** Which resources there are: those that guard something, and the nodes of the tree above them. Told once, at composition. */
export class ResourceRegistry {
  private resources = new Map<string, KnownResource>();

  /** @throws Error that names the resources which nobody has described in `resource-descriptions.ts` */
  learn(guarded: readonly Guarded[]): void {
    const paths = new Set([ROOT, ...guarded.flatMap(({ resource }) => levelsOf(resource))]);
    const sorted = [...paths].sort();
    const undescribed = sorted.filter((path) => descriptionOf(path) === undefined);
    if (undescribed.length > 0) {
      throw new Error(`These resources have no description: ${undescribed.join(', ')}.`);
    }
    this.resources = new Map(
      sorted.map((path) => {
        const guards = guarded.filter(({ resource }) => resource === path).map(({ name }) => name);
        return [path, { path, description: descriptionOf(path) ?? '', guards: guards.sort() }];
      }),
    );
  }

  /** In the order of their paths, so that each stands below what it inherits from. */
  list(): KnownResource[] {
    return [...this.resources.values()];
  }

  find(path: string): KnownResource | undefined {
    return this.resources.get(path);
  }

  /** Whether all that the resource guards changes something. */
  onlyChanges(path: string): boolean {
    const guards = this.find(path)?.guards ?? [];
    return guards.length > 0 && guards.every((name) => name.startsWith('Mutation.'));
  }

  /** The resource that somebody meant who wrote this; undefined where none is near. */
  nearest(path: string): string | undefined {
    const [best] = this.list()
      .map(({ path: known }) => ({ known, typos: typosBetween(path, known) }))
      .filter(({ typos }) => typos <= MAX_TYPOS)
      .sort((a, b) => a.typos - b.typos);
    return best?.known;
  }
}

function descriptionOf(path: string): string | undefined {
  return Object.hasOwn(RESOURCE_DESCRIPTIONS, path) ? RESOURCE_DESCRIPTIONS[path] : undefined;
}

/** Levenshtein's distance. */
function typosBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
