// From the start command to the first answer.
import { pause } from '../load/pace.ts';
import { type Scenario, withNode } from '../scenario.ts';

export const coldstart: Scenario = async () => (target) =>
  withNode(target, async (node) => {
    await pause(300);
    return { 'ms to the first answer': node.startMs, 'RSS MiB': node.usage().rssBytes / 2 ** 20 };
  });
