// What every broker does, whatever carries it: the duties that its interface states.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../src/backends/broker/broker.ts';
import { createQueue, type Queue } from '../support/queue.ts';
import { until } from '../support/until.ts';

export interface BrokerTarget {
  readonly name: string;
  /** Gives the brokers of `count` nodes that hear each other; of one that is alone on its machine, the same each time. */
  start(count: number): Promise<{ readonly nodes: readonly Broker[]; stop(): Promise<void> }>;
}

export function describeBroker(target: BrokerTarget): void {
  describe(`broker: ${target.name}`, () => {
    let nodes: readonly Broker[] = [];
    let stop = async (): Promise<void> => {};

    beforeAll(async () => {
      ({ nodes, stop } = await target.start(3));
      for (const node of nodes) await until('the link is up', () => node.connected());
      if (nodes.some((node) => node !== nodes[0])) for (const node of nodes) await knowsOthers(node);
    });
    afterAll(() => stop());

    const node = (index: number): Broker => nodes[index] as Broker;

    test('hands a publication to every listener on every node, the own one included', async () => {
      const topic = randomUUID();
      const heard = await Promise.all([0, 0, 1, 2].map((index) => listen(node(index), topic)));
      await node(0).publish(topic, 'hello');
      for (const queue of heard) expect(await queue.take(() => true, 'the publication')).toBe('hello');
    });

    test('hands what is for other nodes to all of them, and makes it for no node but these', async () => {
      const topic = randomUUID();
      const others = nodes.filter((other) => other !== node(0));
      const heard = await Promise.all(others.map((other) => listen(other, topic)));
      let made = 0;
      node(0).publishToOthers(topic, () => {
        made += 1;
        return 'hello, others';
      });
      expect(made).toBe(others.length > 0 ? 1 : 0);
      for (const queue of heard) expect(await queue.take(() => true, 'the publication')).toBe('hello, others');
    });

    test('hands each publication over once, those of one node in order', async () => {
      const topic = randomUUID();
      const heard = await listen(node(1), topic);
      const payloads = Array.from({ length: 500 }, (_, index) => `p${index}`);
      await Promise.all(payloads.map((payload) => node(0).publish(topic, payload)));
      await heard.take((payload) => payload === payloads.at(-1), 'the last publication');
      expect(heard.items).toEqual(payloads);
    });

    test('carries any text, of any length', async () => {
      const topic = randomUUID();
      const heard = await listen(node(2), topic);
      for (const payload of ['', 'naïve 🙂 \u0000 \r\n$5', 'x'.repeat(300_000)]) {
        await node(0).publish(topic, payload);
        expect(await heard.take(() => true, 'the text')).toBe(payload);
      }
    });

    test('keeps topics apart', async () => {
      const [topic, other] = [randomUUID(), randomUUID()];
      const heard = await listen(node(1), topic);
      await node(0).publish(other, 'not for you');
      await node(0).publish(topic, 'for you');
      expect(await heard.take(() => true, 'the publication')).toBe('for you');
      expect(heard.items).toEqual(['for you']);
    });

    test('stops at unsubscribe, of that one listener alone', async () => {
      const topic = randomUUID();
      const gone: string[] = [];
      const { ready, unsubscribe } = node(1).subscribe(topic, (payload) => gone.push(payload));
      const heard = await listen(node(1), topic);
      await ready;
      unsubscribe();
      unsubscribe();
      await node(0).publish(topic, 'after');
      await heard.take(() => true, 'the publication');
      expect(gone).toEqual([]);
    });

    test('hears again after the last listener went and another came, also in one turn', async () => {
      const topic = randomUUID();
      const first = node(1).subscribe(topic, () => {});
      await first.ready;
      first.unsubscribe();
      const second = node(1).subscribe(topic, () => {});
      second.unsubscribe();
      const heard = await listen(node(1), topic);
      await node(0).publish(topic, 'again');
      expect(await heard.take(() => true, 'the publication')).toBe('again');
    });

    test('a listener that throws keeps nobody from theirs, nor the publisher', async () => {
      const topic = randomUUID();
      const bad = node(1).subscribe(topic, () => {
        throw new Error('a bad listener');
      });
      await bad.ready;
      const heard = await listen(node(1), topic);
      await node(1).publish(topic, 'one');
      await node(1).publish(topic, 'two');
      await heard.take((payload) => payload === 'two', 'the second publication');
      expect(heard.items).toEqual(['one', 'two']);
    });

    test('holds 20,000 topics, subscribed and left at once', async () => {
      const run = randomUUID();
      const heard = createQueue<string>((payload) => payload);
      const subscriptions = Array.from({ length: 20_000 }, (_, index) =>
        node(1).subscribe(`${run}-${index}`, (payload) => heard.push(payload)),
      );
      await Promise.all(subscriptions.map(({ ready }) => ready));
      for (const index of [0, 9_999, 19_999]) {
        await node(0).publish(`${run}-${index}`, `p${index}`);
        await heard.take((payload) => payload === `p${index}`, `the publication ${index}`);
      }
      for (const { unsubscribe } of subscriptions) unsubscribe();
    });

    test('answers a ping', async () => {
      await expect(node(0).ping()).resolves.toBeUndefined();
    });

    test('after close nothing arrives, and nothing throws', async () => {
      const { nodes: own, stop: stopOwn } = await target.start(1);
      const broker = own[0] as Broker;
      const topic = randomUUID();
      const heard: string[] = [];
      await broker.subscribe(topic, (payload) => heard.push(payload)).ready;
      await broker.close();
      await broker.publish(topic, 'late');
      expect(heard).toEqual([]);
      await stopOwn();
    });
  });
}

/** Whether the node keeps its publications to itself, as a node does that takes itself for alone. */
export function keepsToItself(node: Broker, topic: string = randomUUID()): boolean {
  let made = false;
  node.publishToOthers(topic, () => {
    made = true;
    return '';
  });
  return !made;
}

/** Settles when the node knows that it is not alone. It hears of one that comes a moment after that one is connected. */
export function knowsOthers(node: Broker, topic?: string): Promise<void> {
  return until('it knows that it is not alone', () => !keepsToItself(node, topic));
}

/** A publication of the node reaches a listener of another one. */
export async function expectDelivery(from: Broker, to: Queue<string>, topic: string): Promise<void> {
  await knowsOthers(from, topic);
  await expectOwnDelivery(from, to, topic);
}

/** A publication of the node reaches a listener of its own. */
export async function expectOwnDelivery(node: Broker, to: Queue<string>, topic: string): Promise<void> {
  const payload = randomUUID();
  await node.publish(topic, payload);
  await to.take((got) => got === payload, `a publication on ${topic}`);
}

/** A queue of what arrives at `topic`; resolves when the subscription is ready. */
export async function listen(broker: Broker, topic: string): Promise<Queue<string>> {
  const queue = createQueue<string>((payload) => payload.slice(0, 40));
  await broker.subscribe(topic, (payload) => queue.push(payload)).ready;
  return queue;
}
