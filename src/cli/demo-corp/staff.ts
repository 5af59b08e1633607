import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { equalSecrets } from '../../kernel/secrets.js';

const employee = z.object({
  username: z.string(),
  displayName: z.string(),
  email: z.string(),
  groups: z.array(z.string()),
  password: z.string(),
});

/** Somebody who works at Demo Corp. */
export type Employee = Readonly<z.infer<typeof employee>>;

/** @throws Error where the file is not a list of employees */
export async function readStaff(file: string): Promise<Employee[]> {
  return z.array(employee).parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Whom these credentials belong to. */
export function findEmployee(
  staff: readonly Employee[],
  username: string,
  password: string,
): Employee | undefined {
  return staff.find(
    (one) =>
      one.username === username && equalSecrets(Buffer.from(one.password), Buffer.from(password)),
  );
}
