// The format of publications about one log: its new events, or a signal to its live readers. It has text lines, so that
// a node can pass the data on without parsing it: JSON text contains no line break and no tab.
import { changeNamed } from '../../chat/log/changes.ts';
import type { Change } from '../../chat/log/define-change.ts';
import { type FeedEvent, standingOf } from '../log/feed-event.ts';

/** Events of one log, ascending. */
export interface EventPublication {
  readonly origin: string;
  readonly log: string;
  readonly accessVersion: number;
  /** The number of the last event. */
  readonly head: number;
  /** Empty if this node does not understand them, for example from a newer version. Then it reads the log. */
  readonly events: readonly FeedEvent[];
}

/** A frame without a number for all live readers of a log, except the connections of `exceptUserId` (0: nobody). */
export interface PublishedSignal {
  readonly origin: string;
  /** The name of the log, or the topic of the one user that it is for. */
  readonly log: string;
  readonly exceptUserId: number;
  /** JSON text of the frame. */
  readonly frame: string;
}

/** Finds a change by its name. Returns undefined if it is not known. */
type ChangeLookup = (name: string) => Change | undefined;

export type Publication = EventPublication | PublishedSignal;

const EVENTS = 'e';
const SIGNAL = 'n';
/** A tag is one letter and a tab. */
const TAG_END = 2;
/** Whether a message was sent to a channel or to a user, and the id. */
const PARTY = /^"(channel_id|receiver_id)":(\d{1,10})[,}]/;
const PARTY_LENGTH = 26;

/** `e`, origin, log, access version; then a line per event: seq, change, message, stored seq, sender, time, data, live data. */
export function encodeEvents(publication: Omit<EventPublication, 'head'>): string {
  let text = `${EVENTS}\t${publication.origin}\t${publication.log}\t${publication.accessVersion}`;
  for (const e of publication.events) {
    text += `\n${e.seq}\t${e.change.published}\t${e.messageId}\t${e.storedSeq}\t${e.senderId}\t${e.time}\t${e.data}`;
    if (e.live !== undefined) text += `\t${e.live}`;
  }
  return text;
}

/** `n`, origin, log, excepted user; then a line with the frame. */
export function encodeSignal(signal: PublishedSignal): string {
  return `${SIGNAL}\t${signal.origin}\t${signal.log}\t${signal.exceptUserId}\n${signal.frame}`;
}

/**
 * Reads a publication, which is untrusted: it becomes a frame only if it is whole and belongs to the log that it names.
 * Returns undefined if it is malformed, or if this node itself published it.
 */
export function decodePublication(
  payload: string,
  self: string,
  known: ChangeLookup = changeNamed,
): Publication | undefined {
  // Checked first, because a node that is alone gets only its own publications.
  if (payload.startsWith(self, TAG_END) && payload[TAG_END + self.length] === '\t') return undefined;
  const end = payload.indexOf('\n');
  const [tag, origin, log, written, ...more] = payload.slice(0, Math.max(0, end)).split('\t');
  const number = wholeNumber(written);
  if (origin === undefined || log === undefined || number === undefined || more.length > 0) return undefined;
  const body = payload.slice(end + 1);
  if (tag === SIGNAL) return isFrame(body) ? { origin, log, exceptUserId: number, frame: body } : undefined;
  if (tag !== EVENTS) return undefined;
  return decodeEvents(body.split('\n'), { origin, log, accessVersion: number }, known);
}

function decodeEvents(
  lines: readonly string[],
  header: Pick<EventPublication, 'origin' | 'log' | 'accessVersion'>,
  known: ChangeLookup,
): EventPublication | undefined {
  const head = wholeNumber(lines.at(-1)?.split('\t', 1)[0]);
  if (head === undefined) return undefined;
  const events = lines.map((line) => decodeEvent(line, header.log, known)).filter((event) => event !== undefined);
  const isUnderstood =
    events.length === lines.length && events.every(({ seq }, at) => at === 0 || seq > seqAt(events, at - 1));
  return { ...header, head, events: isUnderstood ? events : [] };
}

function seqAt(events: readonly FeedEvent[], at: number): number {
  return (events[at] as FeedEvent).seq;
}

/** Returns undefined if this version does not know the change, or if it is not an event of that log. */
function decodeEvent(line: string, log: string, known: ChangeLookup): FeedEvent | undefined {
  const fields = line.split('\t', 6);
  const [seq, name, messageId, storedSeq, senderId, time] = fields;
  const [data, live] = cutAtTab(line.slice(fields.join('\t').length + 1));
  const change = known(name ?? '');
  const numbers = [seq, messageId, storedSeq, senderId, time].map(wholeNumber);
  if (change === undefined || numbers.includes(undefined)) return undefined;
  const event = {
    seq: Number(seq),
    change,
    messageId: Number(messageId),
    storedSeq: Number(storedSeq),
    senderId: Number(senderId),
    time: Number(time),
    standing: standingOf(change.isDeletion, Number(storedSeq), Number(seq) - 1),
    data,
    live,
  };
  if (live !== undefined && (change.live === undefined || !belongs(event, live, log))) return undefined;
  return belongs(event, data, log) ? event : undefined;
}

function cutAtTab(text: string): [before: string, after: string | undefined] {
  const tab = text.indexOf('\t');
  return tab < 0 ? [text, undefined] : [text.slice(0, tab), text.slice(tab + 1)];
}

/** Nodes write the data, so its beginning is known. If its end is there too, the rest is whole JSON. */
function belongs({ seq, messageId, storedSeq }: FeedEvent, data: string, log: string): boolean {
  const start = `{"id":${messageId},"seq":${storedSeq},"updated_seq":${seq},`;
  if (!data.startsWith(start) || !data.endsWith('}')) return false;
  const [, party, id] = PARTY.exec(data.slice(start.length, start.length + PARTY_LENGTH)) ?? [];
  return party === 'channel_id'
    ? log === `c${id}`
    : log.startsWith('d') &&
        log
          .slice(1)
          .split('.')
          .includes(id ?? '');
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function isFrame(text: string): boolean {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === 'object' && frame !== null && 'type' in frame && typeof frame.type === 'string';
  } catch {
    return false;
  }
}
