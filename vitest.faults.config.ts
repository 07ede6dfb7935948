// All families of faults at their full size, with a table of what they did in the end: `npm run test:faults`.
import { configDefaults, defineConfig } from 'vitest/config';
import { FiguresReporter } from './tests/faults/harness/figures-reporter.ts';

process.env.FULL = '1';

/** These need the whole machine: one after the other, before all others, which mostly wait. */
const HEAVY = ['tests/faults/senders.test.ts', 'tests/faults/mass-reconnect.test.ts'];

const shared = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    globalSetup: ['tests/support/global-setup.ts'],
    reporters: ['default', new FiguresReporter()],
    projects: [
      { test: { ...shared, name: 'heavy', include: HEAVY, maxWorkers: 1, sequence: { groupOrder: 1 } } },
      {
        test: {
          ...shared,
          name: 'faults',
          include: ['tests/faults/*.test.ts'],
          exclude: [...configDefaults.exclude, ...HEAVY],
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
