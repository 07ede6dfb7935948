// Checks one property: its kept failures first, then as many random cases as asked for. A failure names what to keep.
import fc from 'fast-check';
import { KEPT } from '../regressions.ts';

/** How many times as many random cases as in a quick run: PROPERTY_RUNS. */
const FACTOR = Number(process.env.PROPERTY_RUNS || 1);
/** A quick run makes no more cases after this time, on a slow machine; shrinking a failure may take as long again. */
const LIMIT_MS = 20_000 * Math.max(1, FACTOR);
const SEED = process.env.PROPERTY_SEED === undefined ? undefined : Number(process.env.PROPERTY_SEED);

/** The limit of a test that checks one property. */
export const TIMEOUT_MS = 60_000 + 3 * LIMIT_MS;

/**
 * `name` is that of its entry in regressions.ts; `quick` the number of cases where PROPERTY_RUNS is not set. Rejects with
 * the smallest case that was found, its seed and its path.
 */
export async function check<Case>(name: string, cases: fc.Arbitrary<Case>, quick: number, holds: Holds<Case>) {
  const property = fc.asyncProperty(cases, async (one) => {
    await holds(one);
  });
  const examples = (KEPT[name] ?? []).map((one): [Case] => [one as Case]);
  const numRuns = examples.length + Math.ceil(quick * FACTOR);
  const details = await fc.check(property, {
    numRuns,
    examples,
    interruptAfterTimeLimit: LIMIT_MS,
    ...(SEED !== undefined && { seed: SEED }),
  });
  if (!details.failed) return;
  const [smallest] = details.counterexample ?? [];
  throw new Error(
    `${name}: fails after ${details.numRuns} cases and ${details.numShrinks} shrinks ` +
      `(PROPERTY_SEED=${details.seed}, path ${details.counterexamplePath}).\n` +
      `Keep it in tests/properties/regressions.ts:\n  ${fc.stringify(smallest)},`,
    { cause: details.errorInstance },
  );
}

type Holds<Case> = (one: Case) => void | Promise<void>;
