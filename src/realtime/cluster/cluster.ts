// Requests from one node to all. Each node carries them out and answers.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { NodeRequest } from './node-requests.ts';
import { ALL_NODES_TOPIC, nodeTopic } from './topics.ts';

/** The longest wait for the answers of other nodes. */
const ANSWER_TIMEOUT_MS = 1_000;

/** The published form of a request. Earlier versions call the request `command`. */
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
  /** False if the sum is only that of this node although there are others. */
  readonly everywhere: boolean;
}

export interface Cluster {
  /** Makes every node carry the request out, this one first. Resolves to the sum of their results. Never rejects. */
  ask(request: NodeRequest): Promise<number>;
  /** The same, and whether the others could be asked. */
  askAll(request: NodeRequest): Promise<Answers>;
  close(): void;
}

/**
 * `carryOut` carries a request out on this node and returns a count, which `ask` sums up, or undefined if it does not
 * understand the request.
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
      // Answered even if it is not understood (from a newer version), so that the asker does not wait for this node.
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
    const isConnected = broker.connected(ALL_NODES_TOPIC) && broker.connected(nodeTopic(nodeId));
    if (others.size === 0 || !isConnected) {
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

/** The fields of a payload. It has none if it is not a JSON object. */
function fieldsOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
