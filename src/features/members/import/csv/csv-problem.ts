/** Why a file cannot be read any further. */
export class CsvProblem extends Error {
  override readonly name = 'CsvProblem';

  /** @param line counted from 1 */
  constructor(
    readonly line: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
