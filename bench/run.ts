// Runs the scenarios with the targets in turns, every second time in reverse, and prints the medians: `npm run bench`.
import { Redis } from 'ioredis';
import sqlClient from 'postgres';
import { createDatabase, startPostgres } from '../tests/support/postgres.ts';
import { startRedis } from '../tests/support/redis.ts';
import { readCommandLine } from './options.ts';
import { parentOf, usageOf } from './process-tree.ts';
import { faultsIn, reportOf, save } from './report.ts';
import type { Figures, Scenario } from './scenario.ts';
import { coldstart } from './scenarios/coldstart.ts';
import { fanout } from './scenarios/fanout.ts';
import { growthChannels, growthMemberships } from './scenarios/growth-channels.ts';
import { growthHistory } from './scenarios/growth-history.ts';
import { growthJoins } from './scenarios/growth-joins.ts';
import { growthReaders } from './scenarios/growth-readers.ts';
import { growthConnections, idle } from './scenarios/idle.ts';
import { nodes } from './scenarios/nodes.ts';
import { persist } from './scenarios/persist.ts';
import { reactions } from './scenarios/reactions.ts';
import { rest } from './scenarios/rest.ts';
import { rooms } from './scenarios/rooms.ts';
import { run, type Target, targets } from './targets.ts';

const GROWTH: Record<string, Scenario> = {
  'growth-readers': growthReaders,
  'growth-history': growthHistory,
  'growth-joins': growthJoins,
  'growth-memberships': growthMemberships,
  'growth-channels': growthChannels,
  'growth-connections': growthConnections,
};
const SCENARIOS: Record<string, Scenario> = {
  fanout,
  rooms,
  persist,
  reactions,
  rest,
  idle,
  coldstart,
  nodes,
  ...GROWTH,
};
// As on a machine with important data.
const DURABLE = ['fsync=on', 'full_page_writes=on'];

const { options, ...chosen } = readCommandLine(process.argv.slice(2));
const scenarios = scenariosNamed(chosen.scenarios ?? Object.keys(SCENARIOS));
checkTargets(chosen.targets ?? []);

const postgres = await startPostgres(DURABLE);
const redis = await startRedis();
try {
  const servers = await lookAtServers();
  const results = new Map<string, Map<string, Figures[]>>();
  for (const [name, scenario] of scenarios) results.set(name, await repeat(name, scenario, servers));
  const runtimes = measuredTargets('').flatMap(({ runtime }) => runtime ?? []);
  const report = reportOf(results, { postgres: servers.postgresVersion, redis: servers.redisVersion, runtimes });
  console.log(report);
  save(report);
  for (const fault of faultsIn(results)) {
    console.error(`FAILED: ${fault}`);
    process.exitCode = 1;
  }
} finally {
  await redis.stop();
  await postgres.stop();
}

/** `growth` stands for all of its parts. */
function scenariosNamed(names: readonly string[]): Array<[string, Scenario]> {
  return names.flatMap((name): Array<[string, Scenario]> => {
    if (name === 'growth') return Object.entries(GROWTH);
    const scenario = SCENARIOS[name];
    if (!scenario) throw new Error(`There is no scenario ${name}: ${['growth', ...Object.keys(SCENARIOS)].join(', ')}`);
    return [[name, scenario]];
  });
}

function checkTargets(names: readonly string[]): void {
  const known = targets({ databaseUrl: '', redisUrl: '' }).map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no target ${unknown}: ${known.join(', ')}`);
}

/** Other runtimes only if asked for. */
function measuredTargets(databaseUrl: string): Target[] {
  const all = targets({ databaseUrl, redisUrl: redis.url });
  return all.filter(({ name, runtime }) => chosen.targets?.includes(name) ?? runtime === undefined);
}

/** One scenario with all targets, in a database of its own, so that its rows do not slow the next scenario. */
async function repeat(name: string, scenario: Scenario, { postgresPid, redisPid }: Servers) {
  const database = await createDatabase(postgres.url);
  const [service] = targets({ databaseUrl: database.url, redisUrl: redis.url });
  await (await run(service as Target)).stop(); // Creates the schema.
  const measure = await scenario({
    databaseUrl: database.url,
    options,
    postgresCpu: () => usageOf(postgresPid).cpuSeconds,
    redisCpu: () => usageOf(redisPid).cpuSeconds,
  });
  const measured = measuredTargets(database.url);
  const found = new Map<string, Figures[]>();
  for (let rep = 0; rep < options.reps; rep++) {
    for (const target of rep % 2 === 0 ? measured : measured.toReversed()) {
      const figures = await measure(target);
      if (!figures) continue;
      found.set(target.name, [...(found.get(target.name) ?? []), figures]);
      console.error(`${name}, ${target.name}, ${rep + 1} of ${options.reps}`);
    }
  }
  await database.drop();
  return found;
}

type Servers = Awaited<ReturnType<typeof lookAtServers>>;

async function lookAtServers() {
  const sql = sqlClient(postgres.url, { max: 1 });
  const client = new Redis(redis.url);
  try {
    const [row] = await sql<{ pid: number; server_version: string }[]>`
      select pg_backend_pid() as pid, current_setting('server_version') as server_version`;
    const info = await client.info('server');
    return {
      // Its parent is the server, and all other processes are children of that too.
      postgresPid: parentOf(row?.pid ?? 0),
      postgresVersion: row?.server_version ?? '',
      redisPid: Number(/process_id:(\d+)/.exec(info)?.[1]),
      redisVersion: /redis_version:(\S+)/.exec(info)?.[1] ?? '',
    };
  } finally {
    await sql.end();
    client.disconnect();
  }
}
