// Requests over sixteen keep-alive connections: a list of 20 channels, a page of 50 of 10,000 messages, a message.
import { raw } from '../load/dialect.ts';
import { createPasts } from '../load/history.ts';
import { pause } from '../load/pace.ts';
import { createReaders, type Reader } from '../load/people.ts';
import { type Ask, openRequests } from '../load/request.ts';
import { type Figures, type Scenario, stretch, TEXT, usEach, WARM_UP_MS, withNode } from '../scenario.ts';

const UNDER_WAY = 16;
const CHANNELS = 20;
const ROWS = 10_000;

const REQUESTS: Record<string, (reader: Reader) => Ask> = {
  'a list of 20 channels': ({ token }) => ({ token, path: '/api/v1/channels' }),
  'a page of 50 of 10,000': ({ token, channelIds: [id] }) => ({
    token,
    path: `/api/v1/messages/channel/${id}?limit=50`,
  }),
  'POST a message': ({ token, channelIds }) => ({
    token,
    path: '/api/v1/messages',
    json: { channelId: channelIds[1], text: TEXT },
  }),
};

export const rest: Scenario = async ({ databaseUrl, options: { seconds }, postgresCpu }) => {
  const readers = await createReaders(databaseUrl, { people: UNDER_WAY, channelsEach: CHANNELS });
  const long = readers.map((reader) => ({ id: reader.channelIds[0] as number, members: [reader] }));
  await createPasts(databaseUrl, long, ROWS);
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    return withNode(target, async (node) => {
      const figures: Figures = {};
      for (const [name, ask] of Object.entries(REQUESTS)) {
        const cpus = { server: () => node.usage().cpuSeconds, PostgreSQL: postgresCpu };
        Object.assign(figures, await keepAsking({ port: node.port, asks: readers.map(ask), name, seconds, cpus }));
      }
      return figures;
    });
  };
};

export interface Asking {
  readonly port: number;
  /** Each is requested repeatedly, over a connection of its own. */
  readonly asks: readonly Ask[];
  /** The word for a request in the names of figures. */
  readonly name: string;
  readonly seconds: number;
  /** For each process, the processor seconds used so far. */
  readonly cpus: Readonly<Record<string, () => number>>;
}

/** Processor time of each process per request. */
export async function keepAsking({ port, asks, name, seconds, cpus }: Asking): Promise<Figures> {
  const requests = openRequests(port, asks.length);
  let answered = 0;
  let over = false;
  const worker = async (ask: Ask) => {
    for (; !over; answered += 1) await requests.ask(ask);
  };
  const workers = asks.map(worker);
  await pause(WARM_UP_MS);
  const stretches = Object.entries(cpus).map(async ([who, cpu]) => [
    `${who} CPU us per request, ${name}`,
    usEach(await stretch(cpu, seconds, () => answered)),
  ]);
  const figures = await Promise.all(stretches);
  over = true;
  await Promise.all(workers);
  requests.close();
  return Object.fromEntries(figures);
}
