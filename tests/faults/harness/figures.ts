// What a test counted, for the table at the end of a run of all families.
import type { TestContext } from 'vitest';

export type Figures = Record<string, number | string>;

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figures;
  }
}

/** Adds to the figures of the test: plain numbers and short texts by name. */
export function figures({ task }: Pick<TestContext, 'task'>, counted: Figures): void {
  task.meta.figures = { ...task.meta.figures, ...counted };
}
