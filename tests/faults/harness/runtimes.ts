// The runtimes of a cluster's nodes: the Node that runs the tests, or those in FAULTS_RUNTIMES, such as
// `node,deno,bun`.
import { RUNTIME_NAMES } from '../../../scripts/runtime.mjs';
import type { Runtime } from '../../support/runtimes.ts';

const NAMES: readonly Runtime[] = ['node', ...RUNTIME_NAMES];

/** At least one. Nodes take them in turn. */
export function chosenRuntimes(): readonly Runtime[] {
  const listed = (process.env.FAULTS_RUNTIMES ?? 'node').split(',').map((name) => name.trim());
  for (const name of listed) {
    if (!NAMES.includes(name as Runtime)) throw new Error(`FAULTS_RUNTIMES: ${name} is none of ${NAMES.join(', ')}`);
  }
  return listed as Runtime[];
}
