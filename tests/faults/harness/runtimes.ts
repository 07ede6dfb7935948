// What the nodes of a cluster run on: the Node that runs the tests, or what FAULTS_RUNTIMES lists, as `node,deno,bun`.
import { RUNTIME_NAMES } from '../../../scripts/runtime.mjs';
import type { Runtime } from '../../support/runtimes.ts';

const NAMES: readonly Runtime[] = ['node', ...RUNTIME_NAMES];

/** At least one; nodes take them in turn. */
export function chosenRuntimes(): readonly Runtime[] {
  const listed = (process.env.FAULTS_RUNTIMES ?? 'node').split(',').map((name) => name.trim());
  for (const name of listed) {
    if (!NAMES.includes(name as Runtime)) throw new Error(`FAULTS_RUNTIMES: ${name} is none of ${NAMES.join(', ')}`);
  }
  return listed as Runtime[];
}
