// Makes steps happen on real nodes and tells the model of what was answered; in the end everything is healed, and what
// each client saw, what was answered and what the database has must be one story.
import { edit, removal } from '../../../src/chat/messages/changes.ts';
import type { DatabaseHandle } from '../../../src/database/handle.ts';
import { ChatError } from '../../../src/protocol/errors.ts';
import { type Client, createClient } from './client.ts';
import { CLIENTS, type Step } from './log-steps.ts';
import { createWorld, type Log, type World } from './world.ts';

interface Message {
  readonly id: number;
  readonly log: Log;
  readonly user: number;
  /** How many deletions of it were begun: one may overtake another. */
  deletions: number;
}

/** Of which user each client is: of those who have direct messages two, one of which joins nothing of its own. */
const USER_OF = [0, 1, 2, 3, 1, 2];

/** Rejects with the first thing that contradicts the model. `fair`: nothing is lost, nobody slow, and no time passes. */
export async function runSteps(handle: DatabaseHandle, steps: readonly Step[], fair: boolean): Promise<void> {
  const world = await createWorld(handle, fair);
  const play = createPlay(world, fair);
  try {
    await play.begin();
    for (const step of steps) await play.step(step);
    await play.finish();
  } finally {
    await play.end();
  }
}

function createPlay(world: World, fair: boolean) {
  const [channelA, , pair] = world.logs as [Log, Log, Log];
  const members = new Set([0, 1, 2, 3]);
  /** Grows when membership may have changed. */
  let epoch = 0;
  const messages: Message[] = [];
  const names = new Map<string, { id: number; seq: number; stored: number }>();
  const pending = new Set<Promise<void>>();
  const problems: unknown[] = [];
  let sent = 0;
  /** By id: what was answered to edits, for their order is that of their numbers. */
  const clients: Client[] = Array.from({ length: CLIENTS }, (_, i) => makeClient(i));

  function makeClient(index: number): Client {
    const user = USER_OF[index] as number;
    const isParty = user === 1 || user === 2;
    const [a, b, c] = world.logs as [Log, Log, Log];
    return createClient({
      ...{ world, name: `client ${index}`, user: world.users[user] as World['users'][0] },
      logs: isParty && index < 5 ? [a, b, c] : [a, b],
      other: isParty ? world.users[3 - user]?.id : undefined,
      smooth: () => fair && epoch === 0,
      isMember: (log) => log !== a || members.has(user),
    });
  }

  function fail(what: string): never {
    throw new Error(what);
  }

  function start(work: Promise<void>): Promise<void> {
    const watched: Promise<void> = work
      .catch((error: unknown) => void problems.push(error))
      .finally(() => pending.delete(watched));
    pending.add(watched);
    return watched;
  }

  function writer(node: number, user: number) {
    const running = world.at(node);
    const userId = world.users[user]?.id as number;
    const known = running.writers.get(user) ?? running.node.connect(userId);
    running.writers.set(user, known);
    return known;
  }

  async function send(step: Extract<Step, { do: 'send' }>): Promise<void> {
    const log = world.logs[step.log] as Log;
    const user = log === pair ? 1 + (step.user % 2) : step.user;
    const from = await world.answered('a writer', writer(step.node, user));
    const work = Array.from({ length: step.count }, (_, i) => {
      const name = step.name > 0 && i % 2 === 0 ? `name ${step.name}` : undefined;
      sent += 1;
      return start(sendOne(from, log, user, `text ${sent}`, name));
    });
    if (step.wait) await world.answered('messages', Promise.all(work));
  }

  async function sendOne(
    from: Awaited<ReturnType<typeof writer>>,
    log: Log,
    user: number,
    text: string,
    name: string | undefined,
  ): Promise<void> {
    const to = log === pair ? { receiver_id: world.users[3 - user]?.id } : { channel_id: log.channelId };
    const [began, at, may] = [world.tick(), epoch, log !== channelA || members.has(user)];
    const answer = await from.ask(log === pair ? 'direct.message' : 'channel.message', {
      ...{ ...to, text, client_id: name },
    });
    const answered = world.tick();
    if (answer.type !== 'ack') {
      const { code } = answer.data;
      const expected = code === 'CHANNEL_NOT_FOUND' ? !may || at !== epoch : code === 'UNAVAILABLE' && !fair;
      return expected ? undefined : fail(`A message was refused: ${JSON.stringify(answer.data)}`);
    }
    const { id, seq, duplicate } = answer.data as { id: number; seq: number; duplicate: boolean };
    if (!duplicate) {
      if (!may && at === epoch) fail('A message of no member was stored');
      log.model.add({ number: seq, kind: 'stored', id, text, began, answered });
      messages.push({ id, log, user, deletions: 0 });
    }
    if (name !== undefined) repeated(`${user} ${name}`, id, seq, duplicate);
    else if (duplicate) fail('A message without a client id was a duplicate');
  }

  function repeated(name: string, id: number, seq: number, duplicate: boolean): void {
    const first = names.get(name) ?? { id, seq, stored: 0 };
    if (first.id !== id || first.seq !== seq) fail(`${name} got ${id}, number ${seq}, and ${first.id}, ${first.seq}`);
    if (!duplicate) first.stored += 1;
    names.set(name, first);
  }

  async function change(node: number, message: Message, isDelete: boolean): Promise<void> {
    sent += 1;
    const text = isDelete ? null : `edit ${sent}`;
    const { id, log, user } = message;
    const [began, at] = [world.tick(), epoch];
    const may = message.deletions === 0 && (log !== channelA || members.has(user));
    if (isDelete) message.deletions += 1;
    const actorId = world.users[user]?.id as number;
    try {
      const by = world.at(node).node.change;
      const whose = { messageId: id, actorId };
      const { updatedSeq } = await (text === null
        ? by({ ...whose, kind: removal, given: { erase: true } })
        : by({ ...whose, kind: edit, given: { text } }));
      const kind = isDelete ? 'deleted' : 'updated';
      log.model.add({ number: updatedSeq, kind, id, text, began, answered: world.tick() });
    } catch (error) {
      const gone = error instanceof ChatError && error.code === 'MESSAGE_NOT_FOUND';
      if (!gone || (may && at === epoch && message.deletions === (isDelete ? 1 : 0))) throw error;
    }
  }

  async function member(step: { do: 'remove' | 'add'; node: number; user: number }): Promise<void> {
    const { user } = step;
    if (user === 0 || members.has(user) !== (step.do === 'remove')) return;
    const owner = world.users[0] as World['users'][0];
    const { id } = world.users[user] as World['users'][0];
    const use = world.at(step.node).node.members;
    const heard = world.nodes.every(({ place }) => place.fate === 'through' || place.fate === 'twice');
    epoch += 1;
    if (step.do === 'add') {
      for (const client of clients) if (client.user.id === id) client.added(channelA);
      await world.answered('an addition', use.add(owner, channelA.channelId as number, id));
      members.add(user);
    } else {
      members.delete(user);
      const told: Array<(() => boolean) | undefined> = [];
      const removed = use.remove(owner, channelA.channelId as number, id).then(() => {
        world.tick();
        for (const client of clients) if (client.user.id === id) told.push(client.removed(channelA, heard));
      });
      await world.answered('a removal', removed);
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      if (!told.every((isTold) => isTold?.() ?? true)) fail('Who was removed was not told at once');
    }
    epoch += 1;
  }

  async function settle(): Promise<void> {
    await world.answered('what was sent', Promise.all(pending));
    if (problems.length > 0) throw problems[0];
  }

  async function restart(node: number): Promise<void> {
    await settle();
    for (const client of clients) if (client.isOn(world.at(node))) client.cut();
    await world.restart(node);
  }

  async function step(one: Step): Promise<unknown> {
    const client = 'client' in one ? (clients[one.client] as Client) : (clients[0] as Client);
    switch (one.do) {
      case 'send':
        return send(one);
      case 'edit':
      case 'delete': {
        const message = messages[one.message % Math.max(1, messages.length)];
        const work = message && start(change(one.node, message, one.do === 'delete'));
        return one.wait && work ? world.answered('a change', work) : undefined;
      }
      case 'weather':
        world.at(one.node).place.fate = one.fate;
        return undefined;
      case 'release':
        return world.at(one.node).place.release(one.first, one.backwards);
      case 'time':
        return world.clock.advance(one.ms);
      case 'cut':
        return client.cut();
      case 'return':
        return client.open(world.at(one.node));
      case 'join':
        return rejoin(client, one.log, one.back);
      case 'leave':
        return client.leave(world.logs[one.log] as Log);
      case 'stall':
        return client.stall();
      case 'drain':
        return client.drain();
      case 'remove':
      case 'add':
        return member(one);
      case 'restart':
        return restart(one.node);
      case 'heads':
        return world.answered('heads', world.at(one.node).node.delivery.reconciler.run());
      case 'settle':
        return settle();
    }
  }

  async function rejoin(client: Client, index: number, back: number): Promise<void> {
    const log = world.logs[index] as Log;
    if (client.joins(log)) await client.rejoin(log, back);
  }

  /** Everybody comes back, and reads on to the end. */
  async function heal(): Promise<void> {
    for (const { place } of world.nodes) {
      place.fate = 'through';
      place.release(0, false);
    }
    await settle();
    for (const [index, client] of clients.entries()) {
      client.drain();
      if (!client.connected()) await client.open(world.at(index));
      for (const log of world.logs) {
        const isReader = client.joins(log) && (log !== channelA || members.has(USER_OF[index] as number));
        if (isReader && !client.reads(log)) await client.rejoin(log, 0);
      }
    }
    if (!fair) for (const { node } of world.nodes) await world.answered('heads', node.delivery.reconciler.run());
    // A wait in vain is told of by what is missing then.
    await world.until('the end of all logs', () => clients.every((client) => client.isWhole())).catch(() => {});
  }

  async function checkStored(log: Log): Promise<void> {
    const { head, messages: stored } = await world.stored(log);
    log.model.checkNumbers(head);
    const state = log.model.state();
    if (stored.length !== state.size)
      fail(`${log.model.name}: ${stored.length} are stored, ${state.size} were answered`);
    for (const { id, seq, updatedSeq, text } of stored) {
      const last = state.get(id);
      if (last?.number !== updatedSeq || last.text !== text || log.model.storedNumber(id) !== seq) {
        fail(`${log.model.name}: message ${id} is ${seq}, ${updatedSeq}, ${text}, and was answered otherwise`);
      }
    }
  }

  return {
    step,
    begin: () => Promise.all(clients.map((client, i) => client.open(world.at(i)))),
    async finish(): Promise<void> {
      await heal();
      for (const log of world.logs) await checkStored(log);
      for (const [name, { stored }] of names) if (stored !== 1) fail(`${name} was stored ${stored} times`);
      for (const client of clients) client.check();
    },
    async end(): Promise<void> {
      for (const client of clients) client.cut();
      await world.end();
    },
  };
}
