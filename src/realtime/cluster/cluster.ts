// Requests from one node to all, which each carries out and answers.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { NodeRequest } from './node-requests.ts';
import { ALL_NODES_TOPIC, nodeTopic } from './topics.ts';

/** A node that does not answer for this long is not waited for. */
const ANSWER_TIMEOUT_MS = 1_000;

/** What is published. The request is called `command` there, as nodes of earlier versions know it. */
interface Request {
  readonly from: string;
  readonly id: number;
  /** May be anything. */
  readonly command: unknown;
}

interface Reply {
  readonly id: number;
  readonly from: string;
  readonly result: number;
}

interface Question {
  readonly waitingFor: Set<string>;
  sum: number;
  finish(): void;
}

export interface Answers {
  readonly sum: number;
  /** False where the sum is that of this node alone though others live. */
  readonly everywhere: boolean;
}

export interface Cluster {
  /** Has every node carry the request out, this one first. Resolves with the sum of their results; never rejects. */
  ask(request: NodeRequest): Promise<number>;
  /** The same, and whether the others could be asked, if there are any. */
  askAll(request: NodeRequest): Promise<Answers>;
  close(): void;
}

/**
 * `carryOut` does on this node what is asked for and gives a count, which `ask` sums up; undefined if it does not
 * understand it.
 */
export function createCluster(deps: {
  readonly broker: Broker;
  readonly presence: PresenceStore;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly carryOut: (request: unknown) => number | undefined;
}): Cluster {
  const { broker, presence, clock, nodeId, carryOut } = deps;
  const questions = new Map<number, Question>();
  let lastId = 0;

  const subscriptions = [
    broker.subscribe(ALL_NODES_TOPIC, (payload) => {
      const request = decodeRequest(payload);
      if (!request || request.from === nodeId) return;
      // One of a newer version for example: its asker is not to wait for this node.
      const result = carryOut(request.command) ?? 0;
      const reply: Reply = { id: request.id, from: nodeId, result };
      void broker.publish(nodeTopic(request.from), JSON.stringify(reply));
    }),
    broker.subscribe(nodeTopic(nodeId), (payload) => {
      const reply = decodeReply(payload);
      const question = reply && questions.get(reply.id);
      if (!reply || !question?.waitingFor.delete(reply.from)) return;
      question.sum += reply.result;
      if (question.waitingFor.size === 0) question.finish();
    }),
  ];

  async function askAll(command: NodeRequest): Promise<Answers> {
    const own = carryOut(command) ?? 0;
    const others = new Set(await presence.nodes());
    others.delete(nodeId);
    const id = ++lastId;
    const request = JSON.stringify({ from: nodeId, id, command } satisfies Request);
    const heard = broker.connected(ALL_NODES_TOPIC) && broker.connected(nodeTopic(nodeId));
    if (others.size === 0 || !heard) {
      await broker.publish(ALL_NODES_TOPIC, request);
      return { sum: own, everywhere: others.size === 0 };
    }
    return { sum: own + (await question(id, others, request)), everywhere: true };
  }

  function question(id: number, waitingFor: Set<string>, request: string): Promise<number> {
    return new Promise((resolve) => {
      const cancel = clock.after(ANSWER_TIMEOUT_MS, () => asked.finish());
      const asked: Question = {
        waitingFor,
        sum: 0,
        finish() {
          cancel();
          questions.delete(id);
          resolve(asked.sum);
        },
      };
      questions.set(id, asked);
      void broker.publish(ALL_NODES_TOPIC, request);
    });
  }

  return {
    ask: async (request) => (await askAll(request)).sum,
    askAll,
    close() {
      for (const { unsubscribe } of subscriptions) unsubscribe();
    },
  };
}

function decodeRequest(payload: string): Request | undefined {
  const { from, id, command } = fieldsOf(payload);
  return typeof from === 'string' && Number.isSafeInteger(id) ? { from, id: id as number, command } : undefined;
}

function decodeReply(payload: string): Reply | undefined {
  const { from, id, result } = fieldsOf(payload);
  return typeof from === 'string' && Number.isSafeInteger(id) && Number.isSafeInteger(result)
    ? { from, id: id as number, result: result as number }
    : undefined;
}

/** Of whatever came: no fields if it is no JSON object. */
function fieldsOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
