/** The functions of drizzle/functions/ beside those of a database; see functions.mjs. */
export interface Comparison {
  /** Statements that make the database's functions those of the files. */
  readonly up: string[];
  readonly down: string[];
  /** What the database has that no file makes. */
  readonly unowned: string[];
}

export function readFunctions(folder: string): string[][];
export function compareFunctions(
  query: (statement: string) => Promise<{ name: string; text: string }[]>,
  files: string[][],
): Promise<Comparison>;
