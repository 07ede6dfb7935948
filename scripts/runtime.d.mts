// The types of runtime.mjs.
export type RuntimeName = 'deno' | 'bun' | 'node-oldest' | 'node-lts' | 'node-latest';

export const RUNTIME_NAMES: readonly RuntimeName[];

/**
 * The absolute path of the pinned runtime's binary. Installs it if it is missing. Throws with one line that says why.
 */
export function runtimePath(name: RuntimeName): string;
