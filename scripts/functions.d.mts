/** The functions of drizzle/functions/ compared with those of a database. See functions.mjs. */
export interface Comparison {
  /** Statements that turn the database's functions into those of the files. */
  readonly up: string[];
  readonly down: string[];
  /** What the database has that no file creates. */
  readonly unowned: string[];
}

export function readFunctions(folder: string): string[][];
export function compareFunctions(
  query: (statement: string) => Promise<{ name: string; text: string }[]>,
  files: string[][],
): Promise<Comparison>;
