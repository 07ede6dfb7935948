// Undoes a start: what was started last is stopped first, and a failed step does not stop the others.
import type { Logger } from './logger.ts';

export type Teardown = ReturnType<typeof createTeardown>;

export function createTeardown(logger: Logger) {
  const steps: Array<{ readonly name: string; readonly step: () => unknown }> = [];
  let running: Promise<void> | undefined;

  async function runAll(): Promise<void> {
    for (const { name, step } of steps.reverse()) {
      try {
        await step();
      } catch (error) {
        logger.error({ err: error, step: name }, 'a step of the shutdown failed');
      }
    }
  }

  return {
    /** Adds a step, which runs before those that were added earlier. */
    add(name: string, step: () => unknown): void {
      steps.push({ name, step });
    },
    /** Runs all steps, once, however often it is called. Never rejects. */
    run(): Promise<void> {
      running ??= runAll();
      return running;
    },
  };
}
