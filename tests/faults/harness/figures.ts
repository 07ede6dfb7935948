// What a test counted, for the table that a run of all families ends with.
import type { TestContext } from 'vitest';

export type Figures = Record<string, number | string>;

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figures;
  }
}

/** Adds to what the test says about itself: plain numbers and short texts by their names. */
export function figures({ task }: Pick<TestContext, 'task'>, counted: Figures): void {
  task.meta.figures = { ...task.meta.figures, ...counted };
}
