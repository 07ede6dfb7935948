// A client that keeps, for each log, how far it has come, and comes back with that; it holds what each of its connections
// was sent, in stretches.
import type { Principal } from '../../../src/chat/accounts/principal.ts';
import type { Frame, RecordingTransport } from '../../support/hub-node.ts';
import type { Loss } from './log-model.ts';
import { type Log, MAX_BUFFERED, PAGE, type Running, type World } from './world.ts';

/** A stretch that may still grow; its frames are those of the connection between two places. */
interface Open {
  readonly log: Log;
  readonly since: number | undefined;
  readonly head: number;
  readonly began: number;
  readonly smooth: boolean;
  readonly transport: RecordingTransport;
  readonly from: number;
  to: number | undefined;
  readonly losses: Loss[];
  /** From this place on, nothing of this log may come. */
  silentFrom: number | undefined;
}

export interface ClientOptions {
  readonly world: World;
  readonly name: string;
  readonly user: Principal;
  /** The logs that it joins; the pair's events come anyway. */
  readonly logs: readonly Log[];
  /** The other user of the pair, where it is one of the two. */
  readonly other: number | undefined;
  /** Joins go smoothly at the moment: no member was taken out, nothing was lost. */
  readonly smooth: () => boolean;
  readonly isMember: (log: Log) => boolean;
}

export function createClient(options: ClientOptions) {
  const { world, name, user, logs, other } = options;
  const cursors = new Map<Log, number>(logs.map((log) => [log, 0]));
  const stretches: Open[] = [];
  let transport: RecordingTransport | undefined;
  let where: Running | undefined;
  /** The peer has taken nothing after this place. */
  let stalledAt: number | undefined;
  let mostBeyondBound = 0;
  /** A removal was answered that not every node heard of: what says so may come when the user is a member again. */
  let lateRemoval = false;

  const pair = () => world.logs[2] as Log;
  const current = (log: Log) => stretches.findLast((one) => one.log === log && one.to === undefined);

  function isOf(log: Log, frame: Frame): boolean {
    if (frame.seq === undefined) return false;
    return log.channelId === undefined ? 'receiver_id' in frame.data : frame.data.channel_id === log.channelId;
  }

  /** Its connection was told that it reads the log no more. */
  function isTold({ log, transport: of, from, to }: Open): boolean {
    const isOwn = ({ type, data }: Frame) =>
      type === 'channel.leave' && data.user_id === user.id && data.channel_id === log.channelId;
    return of.frames.slice(from, to).some(isOwn);
  }

  /** Taken out, or told so by what came late: it has to join again. */
  const isOut = (one: Open) => one.losses.length > 0 || (lateRemoval && isTold(one));

  function framesOf(one: Open): Frame[] {
    return one.transport.frames.slice(one.from, one.to).filter((frame) => isOf(one.log, frame));
  }

  function end(one: Open | undefined, to: number): void {
    if (!one) return;
    one.to = Math.max(one.from, to);
    const last = framesOf(one).at(-1)?.seq;
    if (last !== undefined) cursors.set(one.log, last);
  }

  function begin(log: Log, more: Pick<Open, 'since' | 'head' | 'from'>): void {
    stretches.push({
      ...{ ...more, log, began: world.now(), transport: transport as RecordingTransport, to: undefined },
      smooth: options.smooth() && (more.since ?? 0) >= more.head,
      ...{ losses: [], silentFrom: undefined },
    });
  }

  async function open(running: Running): Promise<void> {
    cut();
    where = running;
    transport = await world.answered('a connection', running.node.connect(user.id));
    transport.bound = MAX_BUFFERED;
    world.tick();
    if (other !== undefined) begin(pair(), { since: undefined, head: pair().model.head(), from: 0 });
    await Promise.all(logs.map((log) => join(log, cursors.get(log))));
  }

  async function join(log: Log, since: number | undefined): Promise<void> {
    if (!transport || transport.isClosed()) return;
    const joined = transport;
    const certain = options.isMember(log);
    const isPair = log.channelId === undefined;
    const asked = isPair ? { user_id: other, since } : { channel_id: log.channelId, since };
    const answer = await world.answered(
      'a join',
      joined.ask(isPair ? 'direct.join' : 'channel.join', asked).catch(() => undefined),
    );
    if (!answer || joined.isClosed()) return;
    if (answer.type !== 'ack') {
      if (answer.data.code !== 'CHANNEL_NOT_FOUND' || (certain && options.isMember(log))) {
        throw new Error(`${name} could not join: ${JSON.stringify(answer.data)}`);
      }
      return;
    }
    const before = current(log);
    // Without a number, a join of what is read already changes nothing.
    if (since === undefined && before && before.silentFrom === undefined && !isOut(before)) return;
    const from = joined.frames.indexOf(answer) + 1;
    end(before, from);
    world.tick();
    begin(log, { since: since ?? (answer.data.last_seq as number), head: answer.data.last_seq as number, from });
  }

  async function leave(log: Log): Promise<void> {
    if (!transport || transport.isClosed() || log.channelId === undefined) return;
    const answer = await world.answered(
      'a leave',
      transport.ask('channel.leave', { channel_id: log.channelId }).catch(() => undefined),
    );
    if (answer && transport) end(current(log), transport.frames.indexOf(answer));
  }

  function cut(): void {
    if (!transport) return;
    mostBeyondBound = Math.max(mostBeyondBound, transport.mostBeyondBound);
    const seen = stalledAt ?? transport.frames.length;
    for (const one of stretches) if (one.to === undefined) end(one, seen);
    transport.cut();
    transport = undefined;
    where = undefined;
    stalledAt = undefined;
  }

  return {
    user,
    open,
    leave,
    cut,
    joins: (log: Log) => logs.includes(log),
    isOn: (running: Running) => where === running,
    connected: () => transport !== undefined && !transport.isClosed(),
    reads(log: Log): boolean {
      const one = current(log);
      return one !== undefined && !isOut(one);
    },
    /** Joins from `back` events before what was seen; without a number where `back` is negative. */
    async rejoin(log: Log, back: number): Promise<void> {
      const one = current(log);
      const seen = one ? (framesOf(one).at(-1)?.seq ?? one.since ?? 0) : (cursors.get(log) ?? 0);
      await join(log, back < 0 ? undefined : Math.max(0, seen - back));
    },
    stall(): void {
      if (!transport || transport.full) return;
      transport.full = true;
      stalledAt = transport.frames.length;
    },
    drain(): void {
      stalledAt = undefined;
      transport?.drain();
    },
    /**
     * To be called in the very moment when the user's removal from the log is answered. Gives what the connection has to
     * be told of it: undefined where that need not be known yet.
     */
    removed(log: Log, atOnce: boolean): (() => boolean) | undefined {
      lateRemoval ||= !atOnce;
      const one = current(log);
      if (!one) return undefined;
      const known = one.losses.length === 0 && atOnce && !one.transport.isClosed();
      one.losses.push({ at: world.now(), until: undefined });
      if (atOnce) one.silentFrom ??= one.transport.frames.length;
      if (!known) return undefined;
      return () => isTold(one);
    },
    /** To be called just before the user is made a member again. */
    added(log: Log): void {
      const one = current(log);
      const loss = one?.losses.at(-1);
      if (one && loss) loss.until ??= framesOf(one).length;
    },
    /** It has the last event of every log that it reads. */
    isWhole(): boolean {
      return stretches.every((one) => {
        if (one.to !== undefined || isOut(one)) return true;
        const { model } = one.log;
        const last = model.events.at(-1);
        if (!last || (one.since === undefined ? last.began <= one.began : model.head() <= one.since)) return true;
        return framesOf(one).at(-1)?.seq === model.head();
      });
    },
    /** Throws where what it saw is not what it should have. */
    check(): void {
      for (const one of stretches) {
        const { log, losses, silentFrom, from, to, transport: of, ...stretch } = one;
        const whole = to === undefined && !isOut(one);
        log.model.check({ ...stretch, log: log.model.name, who: name, frames: framesOf(one), whole, losses });
        const late =
          silentFrom === undefined ? [] : of.frames.slice(silentFrom, to).filter((frame) => isOf(log, frame));
        if (late.length > 0) throw new Error(`${name}: ${late.length} events after the removal was answered`);
      }
      const most = Math.max(mostBeyondBound, transport?.mostBeyondBound ?? 0);
      if (most > PAGE) throw new Error(`${name}: ${most} events were queued beyond the bound of a slow reader`);
    },
  };
}

export type Client = ReturnType<typeof createClient>;
