// The faults of a soak, and the plan of each of its rounds, which its seed alone decides.
import type { Client } from './harness/client.ts';
import type { Cluster, ClusterNode } from './harness/cluster.ts';
import { losePublications } from './harness/lose-publications.ts';
import { pause } from './harness/pause.ts';
import { createRandom, type Random } from './harness/random.ts';

export interface Scene {
  readonly cluster: Cluster;
  readonly clients: readonly Client[];
}

/** One fault of a round, with everything that is chosen about it. */
export interface Step {
  readonly name: string;
  /** How long nothing is done before it. */
  readonly waitsMs: number;
  /** How long it lasts. */
  readonly lastsMs: number;
  /** The node that it befalls, where it befalls one. */
  readonly node: number;
  /** What else is chosen while it lasts comes out of this. */
  readonly seed: number;
}

type Act = (scene: Scene, step: Step & { readonly random: Random; readonly target: ClusterNode }) => Promise<void>;

interface Fault {
  readonly longestMs: number;
  /** Makes the fault, lets it last, and heals it. */
  readonly act: Act;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'Redis crashes': {
    longestMs: 3_000,
    async act({ cluster }, { lastsMs }) {
      await cluster.redis.kill();
      await pause(lastsMs);
      await cluster.redis.restart();
    },
  },
  'Redis freezes': {
    longestMs: 5_000,
    async act({ cluster }, { lastsMs }) {
      cluster.redis.freeze();
      await pause(lastsMs);
      cluster.redis.thaw();
    },
  },
  'a node loses Redis': {
    longestMs: 4_000,
    async act(_, { target, lastsMs }) {
      target.toRedis.cut();
      await pause(lastsMs);
      target.toRedis.heal();
    },
  },
  'the network between a node and Redis swallows all': {
    longestMs: 8_000,
    async act(_, { target, lastsMs }) {
      target.toRedis.freeze();
      await pause(lastsMs);
      target.toRedis.thaw();
    },
  },
  'publications are lost': {
    longestMs: 5_000,
    async act({ cluster }, { lastsMs, random }) {
      for (const node of cluster.nodes) node.toRedis.filter(losePublications(() => random.next() < 0.3));
      await pause(lastsMs);
      for (const node of cluster.nodes) node.toRedis.filter(undefined);
    },
  },
  'PostgreSQL crashes': {
    longestMs: 1_000,
    async act({ cluster }, { lastsMs }) {
      await cluster.postgres.kill();
      await pause(lastsMs);
      await cluster.postgres.restart();
    },
  },
  'PostgreSQL is restarted': {
    longestMs: 1_000,
    async act({ cluster }, { lastsMs }) {
      await cluster.postgres.shutDown();
      await pause(lastsMs);
      await cluster.postgres.restart();
    },
  },
  'PostgreSQL freezes': {
    longestMs: 4_000,
    async act({ cluster }, { lastsMs }) {
      cluster.postgres.freeze();
      await pause(lastsMs);
      cluster.postgres.thaw();
    },
  },
  'a node loses PostgreSQL': {
    longestMs: 2_000,
    async act(_, { target, lastsMs }) {
      target.toPostgres.cut();
      await pause(lastsMs);
      target.toPostgres.heal();
    },
  },
  'all sessions are terminated': {
    longestMs: 0,
    async act({ cluster }) {
      await cluster.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chat-service'`;
    },
  },
  'a node crashes': {
    longestMs: 1_000,
    async act(_, { target, lastsMs }) {
      await target.kill();
      await pause(lastsMs);
      await target.start();
    },
  },
  'a node is restarted': {
    longestMs: 0,
    async act(_, { target }) {
      await target.drain();
      await target.start();
    },
  },
  'a node freezes': {
    longestMs: 15_000,
    async act(_, { target, lastsMs }) {
      target.freeze();
      await pause(lastsMs);
      target.thaw();
    },
  },
  'all clients are cut off': {
    longestMs: 0,
    async act({ clients }) {
      for (const client of clients) client.cut();
    },
  },
  'clients are cut off one by one': {
    longestMs: 0,
    async act({ clients }, { random }) {
      for (let n = 0; n < 40; n += 1) {
        random.pick(clients).cut();
        await pause(random.upTo(100));
      }
    },
  },
};

const NAMES = Object.keys(FAULTS);
const LONGEST_WAIT_MS = 2_000;

/** The faults of a round: always the same for one seed, whatever happened in the rounds before. */
export function planRound(seed: number, round: number, faults: number, nodes: number): Step[] {
  const random = createRandom(seed, `round ${round}`);
  return Array.from({ length: faults }, () => {
    const name = random.pick(NAMES);
    return {
      name,
      waitsMs: Math.round(random.upTo(LONGEST_WAIT_MS)),
      lastsMs: Math.round(random.upTo((FAULTS[name] as Fault).longestMs)),
      node: Math.floor(random.upTo(nodes)),
      seed: Math.floor(random.upTo(2 ** 32)),
    };
  });
}

/** Waits, makes the fault and heals it. */
export async function carryOut(scene: Scene, step: Step): Promise<void> {
  await pause(step.waitsMs);
  const target = scene.cluster.nodes[step.node] as ClusterNode;
  await (FAULTS[step.name] as Fault).act(scene, { ...step, target, random: createRandom(step.seed) });
}
