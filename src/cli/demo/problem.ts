/** Why the demo cannot go on, in words that tell its reader what to do. */
export class DemoProblem extends Error {
  override readonly name = 'DemoProblem';
}
