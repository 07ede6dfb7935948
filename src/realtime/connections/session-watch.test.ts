import { expect, it } from 'vitest';
import { createMemoryBroker } from '../../backends/broker/memory.ts';
import { createFakeClock } from '../../backends/clock/fake.ts';
import type { TokenClaims } from '../../chat/accounts/principal.ts';
import { SESSIONS_TOPIC } from '../cluster/topics.ts';
import { createSessionWatch } from './session-watch.ts';

const token = (tokenId: string): TokenClaims => ({ userId: 7, tokenId, expiresAt: 0, issuedAt: 0, generation: 0 });

function setUp() {
  const clock = createFakeClock();
  const broker = createMemoryBroker();
  const closed: string[] = [];
  const connections = new Set<{ token: TokenClaims | undefined; close(code: number): void }>();
  const lines: string[] = [];
  const write = (_: object, message: string) => void lines.push(message);
  let looks = 0;
  let failure: Error | undefined;
  const watch = createSessionWatch({
    broker,
    clock,
    logger: { info: write, warn: write },
    connectionsOf: (userId) => (userId === 7 ? connections : []),
    isEnded: ({ tokenId }) => tokenId === 'ended',
    async refresh() {
      looks += 1;
      if (failure) throw failure;
      watch.recheck([7, 8]);
    },
    withoutValues: (error) => error,
  });
  function connect(tokenId: string | undefined): void {
    const connection = {
      token: tokenId === undefined ? undefined : token(tokenId),
      close(code: number) {
        closed.push(`${tokenId} ${code}`);
        connections.delete(connection);
      },
    };
    connections.add(connection);
  }
  const settle = () => new Promise(setImmediate);
  return {
    ...{ watch, broker, closed, lines, connect },
    looks: () => looks,
    fail(error: Error | undefined) {
      failure = error;
    },
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
  };
}

it('closes the connections whose tokens were ended, and no others', async () => {
  const { watch, connect, closed } = setUp();
  for (const tokenId of ['ended', 'good', undefined, 'ended']) connect(tokenId);
  await watch.start();
  expect(closed).toEqual(['ended 4401', 'ended 4401']);
});

it('closes a connection whose token was ended while it was being set up, within a second', async () => {
  const { watch, connect, closed, pass } = setUp();
  await watch.start();
  connect('ended');
  await pass(1_000);
  expect(closed).toEqual(['ended 4401']);
});

it('looks at once if another node publishes, whatever it says', async () => {
  const { watch, broker, looks, pass } = setUp();
  await watch.start();
  for (const payload of ['{}', '', 'garbage', '{"userId":7}']) await broker.publish(SESSIONS_TOPIC, payload);
  await pass(0);
  expect(looks()).toBe(5);
});

it('says once that it cannot look, and once that it can again', async () => {
  const { watch, fail, lines, pass, connect, closed } = setUp();
  fail(new Error('away'));
  await watch.start();
  connect('ended');
  for (let n = 0; n < 3; n++) await pass(1_000);
  expect(lines).toEqual(['Cannot look up which sessions were ended']);
  fail(undefined);
  for (let n = 0; n < 3; n++) await pass(1_000);
  expect(lines).toHaveLength(2);
  expect(closed).toEqual(['ended 4401']);
});

it('does not look any more once it is closed', async () => {
  const { watch, broker, looks, pass } = setUp();
  await watch.start();
  watch.close();
  await broker.publish(SESSIONS_TOPIC, '{}');
  await pass(10_000);
  expect(looks()).toBe(1);
});
