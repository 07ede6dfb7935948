// The states in which a Redis answers but refuses: how each begins, how it ends, and what is reported about it.
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

/** The rights that the user needs according to docs/operations.md. */
const RIGHTS =
  '~chat:* &chat:* -@all +hello +auth +ping +info +client|setname +select ' +
  '+publish +subscribe +unsubscribe +pubsub|numsub +eval +evalsha +time +set +incrby +pttl +pexpire +del ' +
  '+sadd +srem +scard +sismember +smembers +sunion +hset +hdel +hexists +hgetall';

/** A server that has a user for the service, and loads its data slowly enough for tests to see it loading. */
export function startRefusingRedis(): Promise<RedisServer> {
  const slow = ['--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024'];
  return startRedis([...slow, '--user', 'chat', 'on', '>secret', ...RIGHTS.split(' ')]);
}

/** What a test can break. */
export interface World {
  readonly redis: RedisServer;
  /** As an administrator, without the nodes. */
  readonly admin: Redis;
}

export function administrator({ host, port }: RedisServer): Redis {
  const client = new Redis(port, host, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  return client;
}

/** Gives the service's user its normal rights, with `changes`. The server disconnects users who lose rights. */
async function allow(admin: Redis, ...changes: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'chat', 'reset', 'on', '>secret', ...RIGHTS.split(' '), ...changes);
}

export interface Refusing {
  readonly what: string;
  /** In `/ready`, and in the log. */
  readonly reason: RegExp;
  /** Whether users are connected is unknown then. */
  readonly presence?: 'unknown';
  /** Only at full size. */
  readonly full?: true;
  /** It ends by itself. */
  readonly brief?: true;
  /** The server closes links so soon that its reason may not be read. Then it counts as away. */
  readonly orAway?: true;
  /** Returns the function that ends it. */
  readonly begin: (world: World) => Promise<() => Promise<void>>;
}

const configured =
  (changes: Readonly<Record<string, string>>) =>
  async ({ admin }: World) => {
    const before = new Map<string, string>();
    for (const [name, value] of Object.entries(changes)) {
      before.set(name, ((await admin.config('GET', name)) as string[])[1] as string);
      await admin.config('SET', name, value);
    }
    return async () => {
      for (const [name, value] of before) await admin.config('SET', name, value);
    };
  };

const without = (...changes: string[]) => {
  return async ({ admin }: World) => {
    await allow(admin, ...changes);
    return () => allow(admin);
  };
};

const replica =
  (serveStale: 'yes' | 'no') =>
  async ({ admin }: World) => {
    await admin.config('SET', 'replica-serve-stale-data', serveStale);
    // Nothing listens there.
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    return async () => {
      await admin.call('REPLICAOF', 'NO', 'ONE');
      await admin.config('SET', 'replica-serve-stale-data', 'yes');
    };
  };

export const REFUSALS: readonly Refusing[] = [
  { what: 'is a replica', reason: /read-only/, presence: 'unknown', begin: replica('yes') },
  {
    what: 'is a replica that answers nothing without its primary',
    reason: /replica without its primary/,
    presence: 'unknown',
    full: true,
    begin: replica('no'),
  },
  {
    what: 'is full',
    reason: /out of memory/,
    presence: 'unknown',
    full: true,
    begin: configured({ 'maxmemory-policy': 'noeviction', maxmemory: '1' }),
  },
  { what: 'lets nobody publish', reason: /permission denied/, begin: without('-publish') },
  { what: 'lets nobody subscribe', reason: /permission denied/, full: true, begin: without('-subscribe') },
  {
    what: 'lets nobody run scripts',
    reason: /permission denied/,
    presence: 'unknown',
    full: true,
    begin: without('-eval', '-evalsha'),
  },
  {
    what: 'lets nobody at the keys',
    reason: /permission denied/,
    presence: 'unknown',
    full: true,
    begin: without('resetkeys', '~other:*'),
  },
  { what: 'lets nobody at the channels', reason: /permission denied/, begin: without('resetchannels', '&other:*') },
  {
    what: 'has another password',
    reason: /user or password refused/,
    presence: 'unknown',
    async begin({ admin }) {
      await allow(admin, 'resetpass', '>another');
      await admin.call('CLIENT', 'KILL', 'USER', 'chat');
      return () => allow(admin);
    },
  },
  {
    what: 'has no room for connections',
    reason: /too many clients|unreachable/,
    presence: 'unknown',
    orAway: true,
    full: true,
    async begin({ admin }) {
      await admin.config('SET', 'maxclients', '1');
      await admin.call('CLIENT', 'KILL', 'USER', 'chat');
      return async () => void (await admin.config('SET', 'maxclients', '10000'));
    },
  },
  {
    what: 'cannot save to disk',
    reason: /cannot save to disk/,
    presence: 'unknown',
    full: true,
    async begin({ admin }) {
      const [, directory] = (await admin.config('GET', 'dir')) as [string, string];
      const inTheWay = join(directory, 'dump.rdb');
      const saved = async (status: string) => {
        await admin.bgsave();
        await until('the attempt is over', async () => {
          const info = await admin.info('persistence');
          return info.includes('rdb_bgsave_in_progress:0') && info.includes(`rdb_last_bgsave_status:${status}`);
        });
      };
      mkdirSync(inTheWay);
      await admin.config('SET', 'save', '3600 100000');
      await saved('err');
      return async () => {
        rmdirSync(inTheWay);
        await saved('ok');
        await admin.config('SET', 'save', '');
      };
    },
  },
  {
    what: 'has too few replicas',
    reason: /too few replicas/,
    presence: 'unknown',
    full: true,
    begin: configured({ 'min-replicas-to-write': '1' }),
  },
  {
    what: 'is busy with a script',
    reason: /busy with a script/,
    presence: 'unknown',
    full: true,
    async begin({ admin, redis }) {
      await admin.config('SET', 'lua-time-limit', '50');
      const busy = administrator(redis);
      const ended = busy.eval('while true do end', 0).catch(() => {});
      return async () => {
        await admin.call('SCRIPT', 'KILL');
        await ended;
        busy.disconnect();
      };
    },
  },
  {
    what: 'starts again, and loads its data',
    reason: /loading its data/,
    presence: 'unknown',
    full: true,
    brief: true,
    async begin({ admin, redis }) {
      await admin.eval('for i = 1, 4000 do redis.call("SET", "other:" .. i, string.rep("x", 1000)) end', 0);
      await admin.save();
      const restarted = redis.restart();
      return async () => {
        await restarted;
        await admin.flushall();
      };
    },
  },
];
