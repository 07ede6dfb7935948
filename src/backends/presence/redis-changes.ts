// Tells Redis what changed about this node's users. Sends all changes of a moment in a few commands.
import type { Cluster, Redis } from 'ioredis';
import { createBatches } from '../../lib/batches.ts';
import { createSpacing } from '../../lib/spacing.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { createScript } from '../redis/script.ts';
import type { PresenceChange } from './presence-store.ts';
import { CHUNK, chunks, LIFETIME_MS, type SetName } from './redis-repair.ts';
import { CHANGE } from './redis-scripts.ts';
import type { Reported } from './reported.ts';

/** Changes in one script: few enough not to hold Redis up. */
const CHANGES_AT_ONCE = 200;

const NOBODY = 0;
/** The assumed answer if Redis is away: others are told. */
const UNKNOWN: PresenceChange = { edge: true, crowded: false };

interface Change {
  /** `LOOK` changes nothing. */
  readonly command: 'SADD' | 'SREM' | 'LOOK';
  readonly channelId: number;
  readonly userId: number;
  readonly answer: (change: PresenceChange) => void;
}

/** What is sent together. */
interface Batch {
  /** Users and channels that came or went. Their last state is written. */
  readonly users: Set<number>;
  readonly channels: Set<number>;
  /** Users whose status changed. */
  readonly statuses: Set<number>;
  /** In order, because each change gets its own answer. */
  readonly changes: Change[];
}

interface ChangesDependencies {
  readonly client: Redis | Cluster;
  readonly reported: Reported;
  /** The key of one of the sets of this node, or of another one. */
  readonly keyOf: (name: SetName, node?: string) => string;
  /** Ids of the living nodes other than this one. */
  readonly otherNodes: () => Promise<readonly string[]>;
  /** Whether keys of several channels may go into one script. Not in a cluster, where each channel has its slot. */
  readonly together: boolean;
  /** A write failed: a heartbeat must settle the doubt. */
  readonly doubt: (name: SetName, error: unknown) => void;
}

/**
 * Call `user`, `channel`, `status`, `enter` and `leave` after the change was noted in `reported`. They resolve when Redis
 * was told, and never reject.
 */
export function createChanges(deps: ChangesDependencies) {
  const { client, reported, keyOf, otherNodes, together, doubt } = deps;
  const sendChanges = createScript(client, 'presenceChange', CHANGE);
  /** One batch is under way at a time, so that changes reach Redis in order. */
  const batches = createBatches({
    open: (): Batch => ({ users: new Set(), channels: new Set(), statuses: new Set(), changes: [] }),
    mayLeave: createSpacing(),
    send: tell,
  });

  async function tell({ users, channels, statuses, changes }: Batch): Promise<void> {
    await Promise.all([
      tellSet('users', users, (id) => reported.users.has(id)),
      tellSet('away', statuses, (id) => reported.away.has(id)),
      tellSet('offline', statuses, (id) => reported.offline.has(id)),
      tellSet('channels', channels, (id) => reported.channels.has(id)),
      changes.length > 0 && tellChanges(changes),
    ]);
  }

  async function tellSet(name: SetName, ids: ReadonlySet<number>, isIn: (id: number) => boolean): Promise<void> {
    if (ids.size === 0) return;
    const all = [...ids];
    const key = keyOf(name);
    try {
      await Promise.all([
        ...chunks(all.filter(isIn), CHUNK).map((some) => client.sadd(key, ...some)),
        ...chunks(
          all.filter((id) => !isIn(id)),
          CHUNK,
        ).map((some) => client.srem(key, ...some)),
      ]);
    } catch (error) {
      doubt(name, error);
    }
  }

  async function tellChanges(changes: readonly Change[]): Promise<void> {
    try {
      const others = await otherNodes();
      const groups = together ? [changes] : [...byChannel(changes).values()];
      const parts = groups.flatMap((group) => chunks(group, CHANGES_AT_ONCE));
      await Promise.all(parts.map((part) => tellPart(part, others)));
    } catch (error) {
      giveUp(changes, error);
    }
  }

  async function tellPart(changes: readonly Change[], others: readonly string[]): Promise<void> {
    const channelIds = [...byChannel(changes).keys()];
    const keys = channelIds.flatMap((id) => [keyOf(id), ...others.map((node) => keyOf(id, node))]);
    const places = new Map(channelIds.map((id, index) => [id, index * (others.length + 1) + 1]));
    const args = changes.flatMap(({ command, channelId, userId }) => [
      command,
      places.get(channelId) as number,
      userId,
    ]);
    try {
      const fixed = [LIFETIME_MS, LIMITS.ANNOUNCED_USERS_MAX, others.length];
      const reply = (await sendChanges(keys, [...fixed, ...args])) as number[];
      for (const [index, { answer }] of changes.entries()) {
        answer({ edge: reply[2 * index] === 1, crowded: reply[2 * index + 1] === 1 });
      }
    } catch (error) {
      giveUp(changes, error);
    }
  }

  function giveUp(changes: readonly Change[], error: unknown): void {
    for (const { command, channelId, answer } of changes) {
      if (command !== 'LOOK') doubt(channelId, error);
      answer(UNKNOWN);
    }
  }

  function change(command: Change['command'], channelId: number, userId: number): Promise<PresenceChange> {
    return new Promise((answer) => batches.current().batch.changes.push({ command, channelId, userId, answer }));
  }

  return {
    user(userId: number): Promise<void> {
      const { batch, sent } = batches.current();
      batch.users.add(userId);
      return sent;
    },
    channel(channelId: number): Promise<void> {
      const { batch, sent } = batches.current();
      batch.channels.add(channelId);
      return sent;
    },
    status(userId: number): Promise<void> {
      const { batch, sent } = batches.current();
      batch.statuses.add(userId);
      return sent;
    },
    enter: (channelId: number, userId: number) => change('SADD', channelId, userId),
    leave: (channelId: number, userId: number) => change('SREM', channelId, userId),
    /** Whether the channel has more live users than changes are announced for, after all changes up to now. */
    crowded: async (channelId: number) => (await change('LOOK', channelId, NOBODY)).crowded,
    /** Whether a change of this set must still be told to Redis, or is being told. */
    isChanging: (name: SetName) => [...batches.unsent()].some((batch) => isIn(batch, name)),
    /** Resolves when Redis was told of all changes up to now. */
    told: batches.settled,
  };
}

function isIn(batch: Batch, name: SetName): boolean {
  if (name === 'users') return batch.users.size > 0;
  if (name === 'channels') return batch.channels.size > 0;
  if (name === 'away' || name === 'offline') return batch.statuses.size > 0;
  return batch.changes.some((change) => change.channelId === name);
}

function byChannel(changes: readonly Change[]): Map<number, Change[]> {
  const groups = new Map<number, Change[]>();
  for (const change of changes) {
    const group = groups.get(change.channelId);
    if (group) group.push(change);
    else groups.set(change.channelId, [change]);
  }
  return groups;
}
