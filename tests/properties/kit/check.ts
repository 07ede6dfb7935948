// Checks one property: its kept failures first, then as many random cases as asked for. A failure names what to keep.
import fc from 'fast-check';
import { KEPT } from '../regressions.ts';

/** How many times as many random cases as in a quick run: PROPERTY_RUNS. */
const FACTOR = Number(process.env.PROPERTY_RUNS || 1);
/** After this time no more cases are made; nor, as long again after a failure, is it made any smaller. */
const LIMIT_MS = 20_000 * Math.max(1, FACTOR);
const SEED = process.env.PROPERTY_SEED === undefined ? undefined : Number(process.env.PROPERTY_SEED);

/** The limit of a test that checks one property: what was begun in time is always brought to its end. */
export const TIMEOUT_MS = 120_000 + 3 * LIMIT_MS;

/**
 * `name` is that of its entry in regressions.ts; `quick` the number of cases where PROPERTY_RUNS is not set. Rejects with
 * the smallest case that was found, its seed and its path.
 */
export async function check<Case>(name: string, cases: fc.Arbitrary<Case>, quick: number, holds: Holds<Case>) {
  const examples = (KEPT[name] ?? []).map((one): [Case] => [one as Case]);
  const numRuns = examples.length + Math.ceil(quick * FACTOR);
  const { limited, ran } = withinLimit(holds);
  const details = await fc.check(fc.asyncProperty(cases, limited), {
    ...{ numRuns, examples },
    ...(SEED !== undefined && { seed: SEED }),
  });
  if (process.env.PROPERTY_RUNS) console.info(`${name}: ${ran()} cases (PROPERTY_SEED=${details.seed})`);
  if (!details.failed) return;
  const [smallest] = details.counterexample ?? [];
  throw new Error(
    `${name}: fails after ${details.numRuns} cases and ${details.numShrinks} shrinks ` +
      `(PROPERTY_SEED=${details.seed}, path ${details.counterexamplePath}).\n` +
      `Keep it in tests/properties/regressions.ts:\n  ${fc.stringify(smallest)},`,
    { cause: details.errorInstance },
  );
}

/**
 * What comes too late is taken for good without being tried. (The library's own limits would leave a case behind that is
 * still running.)
 */
function withinLimit<Case>(holds: Holds<Case>) {
  let limit = performance.now() + LIMIT_MS;
  let tried = 0;
  let failed = false;
  return {
    ran: () => tried,
    async limited(one: Case): Promise<void> {
      if (performance.now() > limit) return;
      tried += 1;
      try {
        await holds(one);
      } catch (error) {
        if (!failed) limit = performance.now() + LIMIT_MS;
        failed = true;
        throw error;
      }
    },
  };
}

type Holds<Case> = (one: Case) => void | Promise<void>;
