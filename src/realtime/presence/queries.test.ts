// Answers about who is connected if the other nodes cannot be asked.
import { expect, it } from 'vitest';
import { createMemoryPresence } from '../../backends/presence/memory.ts';
import { createPresenceQueries } from './queries.ts';

function queries(answers: { readonly sum: number; readonly everywhere: boolean }) {
  const presence = createMemoryPresence({ nodeId: 'one' });
  const cluster = { ask: async () => answers.sum, askAll: async () => answers, close: () => {} };
  return { presence, ...createPresenceQueries({ presence, cluster, watches: { ask: async () => [] } }) };
}

it('counts the connections of their last heartbeats', async () => {
  const { presence, stats } = queries({ sum: 1, everywhere: false });
  await presence.heartbeat(7);
  expect(await stats()).toMatchObject({ connections: 7 });
  const heard = queries({ sum: 8, everywhere: true });
  await heard.presence.heartbeat(7);
  expect(await heard.stats()).toMatchObject({ connections: 8 });
});

it('does not say that a user has no connection if that is not known', async () => {
  const unavailable = expect.objectContaining({ code: 'UNAVAILABLE' });
  await expect(queries({ sum: 0, everywhere: false }).disconnect(4)).rejects.toEqual(unavailable);
  expect(await queries({ sum: 0, everywhere: true }).disconnect(4)).toBe(false);
  expect(await queries({ sum: 1, everywhere: false }).disconnect(4)).toBe(true);
});
