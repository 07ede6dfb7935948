// Runs the scenarios, target after target and again from the other end, and prints the medians: `npm run bench`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import sqlClient from 'postgres';
import { createDatabase, startPostgres } from '../tests/support/postgres.ts';
import { startRedis } from '../tests/support/redis.ts';
import { createPeople } from './load/people.ts';
import { coldstart, type Figures, fanout, type Ground, idle, persist, rest, type Scenario } from './scenarios.ts';
import { run, type Target, targets } from './targets.ts';

const SCENARIOS: Record<string, Scenario> = { fanout, persist, rest, idle, coldstart };
// As on a machine whose data matters.
const DURABLE = ['fsync=on', 'full_page_writes=on'];
const SENDERS = 50;

const { values: options } = parseArgs({
  options: {
    scenarios: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    targets: { type: 'string' },
    reps: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    receivers: { type: 'string', default: '1000' },
  },
});

type Results = Map<string, Map<string, Figures[]>>;

const postgres = await startPostgres(DURABLE);
const redis = await startRedis();
try {
  const database = await createDatabase(postgres.url);
  const all = targets({ databaseUrl: database.url, redisUrl: redis.url });
  const chosen = options.targets?.split(',');
  // Other runtimes only when asked for.
  const measured = all.filter(({ name, runtime }) => chosen?.includes(name) ?? runtime === undefined);
  const results = await measureAll(measured, await prepare(all[0] as Target, database.url));
  const report = [await facts(postgres.url), ...[...results].map(([name, found]) => table(name, found))].join('\n');
  console.log(report);
  save(report);
} finally {
  await redis.stop();
  await postgres.stop();
}

/** The schema, accounts and channels. */
async function prepare(service: Target, databaseUrl: string): Promise<Ground> {
  await (await run(service)).stop();
  const [big] = await createPeople(databaseUrl, { channels: 1, members: Number(options.receivers) });
  const solos = await createPeople(databaseUrl, { channels: SENDERS, members: 1 });
  if (!big) throw new Error('No channel was made');
  return { seconds: Number(options.seconds), big, solos };
}

async function measureAll(measured: readonly Target[], ground: Ground): Promise<Results> {
  const results: Results = new Map();
  for (const name of options.scenarios.split(',')) {
    const scenario = SCENARIOS[name];
    if (!scenario) throw new Error(`There is no scenario ${name}: ${Object.keys(SCENARIOS)}`);
    const found = new Map<string, Figures[]>();
    results.set(name, found);
    for (let rep = 0; rep < Number(options.reps); rep++) {
      for (const target of rep % 2 === 0 ? measured : measured.toReversed()) {
        const figures = await scenario(target, ground);
        if (!figures) continue;
        found.set(target.name, [...(found.get(target.name) ?? []), figures]);
        console.error(`${name}, ${target.name}, ${rep + 1} of ${options.reps}`);
      }
    }
  }
  return results;
}

/** Medians, with the least and the most. */
function table(scenario: string, found: ReadonlyMap<string, Figures[]>): string {
  const names = [...found.keys()];
  const figures = new Set([...found.values()].flat().flatMap((one) => Object.keys(one)));
  const rows = [...figures].map((figure) => {
    const cells = names.map((name) => cell((found.get(name) ?? []).map((one) => one[figure] ?? Number.NaN)));
    return `| ${figure} | ${cells.join(' | ')} |`;
  });
  const head = [`| | ${names.join(' | ')} |`, `|---|${names.map(() => '---:').join('|')}|`];
  return [`\n## ${scenario}\n`, ...head, ...rows].join('\n');
}

function cell(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => short(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
  return `${at(0.5)} (${at(0)}–${at(1)})`;
}

function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

async function facts(url: string): Promise<string> {
  const sql = sqlClient(url, { max: 1 });
  const [row] = await sql<{ server_version: string }[]>`show server_version`;
  await sql.end();
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;
  const [cpu] = cpus();
  return [
    `# ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC\n`,
    `\`npm run bench -- ${process.argv.slice(2).join(' ')}\`\n`,
    `${cpus().length} x ${cpu?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}, `,
    `Node ${process.version}, PostgreSQL ${row?.server_version} with fsync, `,
    `ws ${versionOf('ws')}, Socket.IO ${versionOf('socket.io')}. `,
    'Median (least–most). CPU is user and system time of the server process alone.',
  ].join('\n');
}

function save(report: string): void {
  mkdirSync('bench/results', { recursive: true });
  const file = `bench/results/${new Date().toISOString().slice(0, 16).replace(':', '')}.md`;
  writeFileSync(file, `${report}\n`);
  console.error(`Written to ${file}`);
}
