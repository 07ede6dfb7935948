// Lua scripts as functions: sent by hash, and in full if the server does not know them (yet, or any more).
import type { Cluster, Redis } from 'ioredis';

/** In a cluster, `keys` must be of one slot. Rejects as the client's commands do. */
export type RunScript = (keys: readonly string[], args: ReadonlyArray<string | number>) => Promise<unknown>;

/** `name` must differ from all other scripts and commands of the client. */
export function createScript(client: Redis | Cluster, name: string, lua: string): RunScript {
  client.defineCommand(name, { lua });
  const command = Reflect.get(client, name) as (...args: Array<string | number>) => Promise<unknown>;
  return (keys, args) => command.call(client, keys.length, ...keys, ...args);
}
