// Tells all nodes which users came, went or changed, many in one publication. It says only who: as what they are there is
// read from the presence store, so a hint that is lost, late or doubled does no harm.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import { PRESENCE_TOPIC } from '../cluster/topics.ts';

/** What changes within this time leaves together. */
const GATHER_MS = 200;
/** The most users in one publication: some 40 KB. */
const USERS_AT_ONCE = 5_000;
const USER_ID = /^[1-9]\d{0,9}$/;

export interface Hints {
  /** The user changed, and the presence store says so. */
  tell(userId: number): void;
  close(): void;
}

/** `changed` gets the users who changed on any node. */
export function createHints(deps: {
  readonly broker: Broker;
  readonly clock: Pick<Clock, 'after'>;
  readonly nodeId: string;
  readonly changed: (userIds: readonly number[]) => void;
}): Hints {
  const { broker, clock, nodeId, changed } = deps;
  const gathered = new Set<number>();
  const { unsubscribe } = broker.subscribe(PRESENCE_TOPIC, (payload) => {
    const [origin, ...ids] = payload.split(' ', USERS_AT_ONCE + 1);
    if (origin !== nodeId) changed(ids.filter((id) => USER_ID.test(id)).map(Number));
  });

  function publish(): void {
    const all = [...gathered];
    gathered.clear();
    changed(all);
    for (let at = 0; at < all.length; at += USERS_AT_ONCE) {
      const some = all.slice(at, at + USERS_AT_ONCE);
      broker.publishToOthers(PRESENCE_TOPIC, () => `${nodeId} ${some.join(' ')}`);
    }
  }

  return {
    tell(userId) {
      if (gathered.size === 0) clock.after(GATHER_MS, publish);
      gathered.add(userId);
    },
    close: unsubscribe,
  };
}
