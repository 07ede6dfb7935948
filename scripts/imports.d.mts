// The types of imports.mjs.
/** What a file imports: a path from the root, a package, or `?`. */
export interface Import {
  readonly target: string;
  /** True if only imported by `import type`. */
  readonly isType: boolean;
}
/** The text of each file by its path from the root, with `/`. */
export type Files = ReadonlyMap<string, string>;
export function withoutComments(text: string): string;
export function importsOf(file: string, text: string): Import[];
export function readSources(...folders: string[]): Files;
export function loops(files: Files, follow?: (found: Import) => boolean): string[][];
