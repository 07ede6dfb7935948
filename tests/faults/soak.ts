// Faults at random against a cluster under load, for SOAK_MINUTES. After each round everything is healed, everybody
// catches up, and the checker looks for breaches. SOAK_SEED repeats a run's choice of faults.
import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { type Breach, type BreachKind, checkStays } from './checker.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { gather, gatherPair } from './harness/crowd.ts';
import { eventsOf, judge } from './harness/evidence.ts';
import { inviteGuest } from './harness/guests.ts';
import { startLoad } from './harness/load.ts';
import { channelOf, type Talk, type User } from './harness/people.ts';
import { carryOut, planRound } from './soak-faults.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 30);
const SEED = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
const FAULTS_IN_A_ROUND = 4;
/** Nobody sees anything new for so long: stuck, not slow. */
const STUCK_MS = 120_000;

interface Figures {
  rounds: number;
  messages: number;
  changes: number;
  events: number;
  cuts: number;
  removals: number;
  readonly faults: Map<string, number>;
  readonly breaches: Breach[];
}

async function round(cluster: Cluster, figures: Figures): Promise<void> {
  const crowds = [await gather(cluster, { channels: 2, senders: 5, readers: 10 }), await gatherPair(cluster)];
  const clients = crowds.flatMap(({ all }) => all);
  const loads = crowds.map(({ senders, talks }) =>
    startLoad({ senders, talks, everyMs: 30, address: cluster.anyNode }),
  );
  const talk = crowds[0]?.talks[0] as Talk;
  const owner = clients[0]?.user as User;
  const guest = await inviteGuest({ cluster, talk: { ...talk, channelId: channelOf(talk) }, owner });
  for (const step of planRound(SEED, figures.rounds, FAULTS_IN_A_ROUND, cluster.nodes.length)) {
    figures.faults.set(step.name, (figures.faults.get(step.name) ?? 0) + 1);
    await carryOut({ cluster, clients }, step);
  }
  for (const load of loads) await load.stop();
  await guest.stop();
  figures.breaches.push(...(await judge(cluster.sql, clients, STUCK_MS)), ...checkStays(guest.stays));
  figures.rounds += 1;
  figures.events += eventsOf(clients);
  figures.removals += guest.stays.length;
  for (const load of loads) figures.changes += load.changed();
  for (const client of clients) {
    figures.messages += new Set(client.acked.map(({ clientId }) => clientId)).size;
    figures.cuts += client.connects() - 1;
  }
  for (const crowd of crowds) await crowd.stop();
}

/** The figures by their names, in the order in which they are shown. */
function shown({ rounds, messages, changes, events, cuts, removals, faults, breaches }: Figures): [string, string][] {
  const of = (...kinds: BreachKind[]) => breaches.filter(({ kind }) => kinds.includes(kind)).length.toString();
  const total = [...faults.values()].reduce((sum, times) => sum + times, 0);
  const each = [...faults].sort().map(([name, times]) => `${name} ${times}`);
  const count = (value: number) => value.toLocaleString('en-US');
  return [
    ['rounds', count(rounds)],
    ['messages acked', count(messages)],
    ['edits and deletions', count(changes)],
    ['events delivered', count(events)],
    ['connections lost and made anew', count(cuts)],
    ['members removed while others talked', count(removals)],
    ['faults injected', `${count(total)}: ${each.join(', ')}`],
    ['lost', of('acked but lost', 'undelivered')],
    ['twice', of('twice', 'stored twice')],
    ['out of order', of('out of order', 'different')],
    ['delivered after a removal', of('after removal')],
  ];
}

function report(figures: Figures): void {
  const line = shown(figures).map(([name, value]) => `${name} ${value.split(':')[0]}`);
  console.log(`${minutesSinceStart()} min: ${line.join(', ')}`);
}

/** Ready to be put into docs/guarantees.md. */
function table(figures: Figures): string {
  const load = loadavg()[0]?.toFixed(1);
  const rows = [
    ['run', `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit()}`],
    ['command', `\`SOAK_MINUTES=${MINUTES} SOAK_SEED=${SEED} npm run test:soak\``],
    ['machine', `${availableParallelism()} cores, load ${load} at the end, Node ${process.version}`],
    ['minutes', minutesSinceStart()],
    ...shown(figures),
  ];
  return ['| | |', '|---|---|', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

const began = performance.now();
const minutesSinceStart = () => ((performance.now() - began) / 60_000).toFixed(1);
const figures: Figures = {
  rounds: 0,
  messages: 0,
  changes: 0,
  events: 0,
  cuts: 0,
  removals: 0,
  faults: new Map(),
  breaches: [],
};
console.log(`seed ${SEED}: ${MINUTES} minutes`);
const cluster = await startCluster();
try {
  while (performance.now() - began < MINUTES * 60_000 && figures.breaches.length === 0) {
    await round(cluster, figures);
    report(figures);
  }
} finally {
  for (const breach of figures.breaches.slice(0, 20)) console.log(`${breach.kind} in ${breach.log}: ${breach.what}`);
  console.log(`\n${table(figures)}`);
  await cluster.stop();
}
process.exit(figures.breaches.length === 0 ? 0 : 1);
