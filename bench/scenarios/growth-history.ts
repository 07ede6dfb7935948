// What a page of history costs in a short log and in a long one: the newest page, and one from the middle.
import { raw } from '../load/dialect.ts';
import { createPasts } from '../load/history.ts';
import { createPeople } from '../load/people.ts';
import { type Ask, openRequests } from '../load/request.ts';
import { type Figures, type Scenario, thousands, withNode } from '../scenario.ts';
import { keepAsking } from './rest.ts';

const SHORT = 1_000;
const PAGE = 50;
const UNDER_WAY = 8;

export const growthHistory: Scenario = async ({ databaseUrl, options: { rows, seconds }, postgresCpu }) => {
  const asks: Record<string, Ask> = {};
  for (const count of [Math.min(SHORT, rows), rows]) {
    const [past] = await createPasts(databaseUrl, await createPeople(databaseUrl, { channels: 1, members: 1 }), count);
    const token = past?.channel.members[0]?.token ?? '';
    const path = `/api/v1/messages/channel/${past?.channel.id}?limit=${PAGE}`;
    asks[`newest ${PAGE} of ${thousands(count)}`] = { token, path };
    asks[`${PAGE} in the middle of ${thousands(count)}`] = { token, path: `${path}&before=${past?.middle}` };
  }
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    return withNode(target, async (node) => {
      const cpus = { server: () => node.usage().cpuSeconds, PostgreSQL: postgresCpu };
      const figures: Figures = {};
      for (const [name, ask] of Object.entries(asks)) {
        await checkPage(node.port, ask);
        const all = Array.from({ length: UNDER_WAY }, () => ask);
        Object.assign(figures, await keepAsking({ port: node.port, asks: all, name, seconds, cpus }));
      }
      return figures;
    });
  };
};

/** Throws if a page is incomplete. */
async function checkPage(port: number, ask: Ask): Promise<void> {
  const requests = openRequests(port, 1);
  const { data } = JSON.parse(await requests.ask(ask)) as { data: readonly unknown[] };
  requests.close();
  if (data.length !== PAGE) throw new Error(`${ask.path} gave ${data.length} messages`);
}
