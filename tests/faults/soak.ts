// Faults at random against a cluster under load, for SOAK_MINUTES. After each round everything is healed, everybody
// catches up, and the checker looks for breaches. SOAK_SEED repeats a run's choice of faults.
import type { Breach } from './checker.ts';
import type { Client } from './harness/client.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { startLoad } from './harness/load.ts';
import { losePublications } from './harness/lose-publications.ts';
import { pause } from './harness/pause.ts';
import { createRandom, type Random } from './harness/random.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 30);
const SEED = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
const FAULTS_IN_A_ROUND = 4;

interface Scene {
  readonly cluster: Cluster;
  readonly clients: readonly Client[];
  readonly random: Random;
}

type Fault = (scene: Scene) => Promise<void>;

const anyNode = ({ cluster, random }: Scene) => random.pick(cluster.nodes) as ClusterNode;

/** Each makes a fault, lets it last for a while, and heals it. */
const FAULTS: Record<string, Fault> = {
  async 'Redis crashes'({ cluster, random }) {
    await cluster.redis.kill();
    await pause(random.upTo(3_000));
    await cluster.redis.restart();
  },
  async 'Redis freezes'({ cluster, random }) {
    cluster.redis.freeze();
    await pause(random.upTo(5_000));
    cluster.redis.thaw();
  },
  async 'a node loses Redis'(scene) {
    const { toRedis } = anyNode(scene);
    toRedis.cut();
    await pause(scene.random.upTo(4_000));
    toRedis.heal();
  },
  async 'publications are lost'({ cluster, random }) {
    for (const node of cluster.nodes) node.toRedis.filter(losePublications(() => random.next() < 0.3));
    await pause(random.upTo(5_000));
    for (const node of cluster.nodes) node.toRedis.filter(undefined);
  },
  async 'PostgreSQL crashes'({ cluster, random }) {
    await cluster.postgres.kill();
    await pause(random.upTo(1_000));
    await cluster.postgres.restart();
  },
  async 'PostgreSQL freezes'({ cluster, random }) {
    cluster.postgres.freeze();
    await pause(random.upTo(4_000));
    cluster.postgres.thaw();
  },
  async 'a node loses PostgreSQL'(scene) {
    const { toPostgres } = anyNode(scene);
    toPostgres.cut();
    await pause(scene.random.upTo(2_000));
    toPostgres.heal();
  },
  async 'all sessions are terminated'({ cluster }) {
    await cluster.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chat-service'`;
  },
  async 'a node crashes'(scene) {
    const node = anyNode(scene);
    await node.kill();
    await pause(scene.random.upTo(1_000));
    await node.start();
  },
  async 'a node is restarted'(scene) {
    const node = anyNode(scene);
    await node.drain();
    await node.start();
  },
  async 'a node freezes'(scene) {
    const node = anyNode(scene);
    node.freeze();
    await pause(scene.random.upTo(15_000));
    node.thaw();
  },
  async 'all clients are cut off'({ clients }) {
    for (const client of clients) client.cut();
  },
  async 'clients are cut off one by one'({ clients, random }) {
    for (let n = 0; n < 40; n += 1) {
      random.pick(clients).cut();
      await pause(random.upTo(100));
    }
  },
};

interface Figures {
  rounds: number;
  messages: number;
  events: number;
  cuts: number;
  readonly faults: Map<string, number>;
  readonly breaches: Breach[];
}

async function round(cluster: Cluster, random: Random, figures: Figures): Promise<void> {
  const crowds = [await gather(cluster, { channels: 2, senders: 5, readers: 10 }), await gatherPair(cluster)];
  const clients = crowds.flatMap(({ all }) => all);
  const loads = crowds.map(({ senders, talks }) =>
    startLoad({ senders, talks, everyMs: 30, address: cluster.anyNode }),
  );
  for (let n = 0; n < FAULTS_IN_A_ROUND; n += 1) {
    const name = random.pick(Object.keys(FAULTS));
    figures.faults.set(name, (figures.faults.get(name) ?? 0) + 1);
    await pause(random.upTo(2_000));
    await (FAULTS[name] as Fault)({ cluster, clients, random });
  }
  for (const load of loads) await load.stop();
  figures.breaches.push(...(await judge(cluster.sql, clients, 90_000)));
  count(figures, clients);
  await Promise.all(crowds.map((crowd: Crowd) => crowd.stop()));
}

function count(figures: Figures, clients: readonly Client[]): void {
  figures.rounds += 1;
  for (const client of clients) {
    figures.messages += new Set(client.acked.map(({ clientId }) => clientId)).size;
    figures.cuts += client.connects() - 1;
    for (const { sittings } of client.readings) {
      for (const { events } of sittings) figures.events += events.length;
    }
  }
}

function report({ rounds, messages, events, cuts, faults, breaches }: Figures): void {
  const of = (...kinds: Array<Breach['kind']>) => breaches.filter(({ kind }) => kinds.includes(kind)).length;
  const total = [...faults.values()].reduce((sum, times) => sum + times, 0);
  console.log(`seed ${SEED}, ${rounds} rounds`);
  console.log(`messages acked ${messages}, events delivered ${events}, connections lost and made anew ${cuts}`);
  console.log(`faults injected ${total}: ${[...faults].map(([name, times]) => `${name} ${times}`).join(', ')}`);
  console.log(
    `lost ${of('acked but lost', 'undelivered')}, twice ${of('twice', 'stored twice')}, out of order ${of('out of order', 'different')}`,
  );
}

const figures: Figures = { rounds: 0, messages: 0, events: 0, cuts: 0, faults: new Map(), breaches: [] };
const random = createRandom(SEED);
const end = Date.now() + MINUTES * 60_000;
console.log(`seed ${SEED}: ${MINUTES} minutes`);
const cluster = await startCluster();
try {
  while (Date.now() < end && figures.breaches.length === 0) {
    await round(cluster, random, figures);
    report(figures);
  }
} finally {
  for (const breach of figures.breaches.slice(0, 20)) console.log(`${breach.kind} in ${breach.log}: ${breach.what}`);
  await cluster.stop();
}
process.exit(figures.breaches.length === 0 ? 0 : 1);
