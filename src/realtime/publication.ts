// What nodes publish to each other about one log: its new events, or a notice to its live readers. Text lines, so that
// a node passes the data on without parsing it: JSON text holds no line break and no tab.
import type { EventKind } from '../chat/log/event.ts';
import type { FeedEvent } from './feed-event.ts';

/** Events of one log, ascending. */
export interface EventPublication {
  readonly origin: string;
  readonly log: string;
  readonly membersVersion: number;
  readonly events: readonly FeedEvent[];
}

/** A frame without a number for all live readers of a log, but not for the connections of `exceptUserId` (0: none). */
export interface Notice {
  readonly origin: string;
  readonly log: string;
  readonly exceptUserId: number;
  /** JSON text of the frame. */
  readonly frame: string;
}

export type Publication = EventPublication | Notice;

const EVENTS = 'e';
const NOTICE = 'n';
/** Tags have one letter, then comes a tab. */
const TAG_END = 2;
const KINDS: Record<string, EventKind> = { s: 'stored', u: 'updated', d: 'deleted' };

/** `e`, origin, log, members version; then a line per event: seq, kind, message, stored seq, sender, time, data. */
export function encodeEvents(publication: EventPublication): string {
  let text = `${EVENTS}\t${publication.origin}\t${publication.log}\t${publication.membersVersion}`;
  for (const e of publication.events) {
    text += `\n${e.seq}\t${e.kind[0]}\t${e.messageId}\t${e.storedSeq}\t${e.senderId}\t${e.time}\t${e.data}`;
  }
  return text;
}

/** `n`, origin, log, excepted user; then a line with the frame. */
export function encodeNotice(notice: Notice): string {
  return `${NOTICE}\t${notice.origin}\t${notice.log}\t${notice.exceptUserId}\n${notice.frame}`;
}

/** Reads a publication; undefined where it came from this node itself, which knows it already, or is none. */
export function decodePublication(payload: string, self: string): Publication | undefined {
  // Before anything else, for a node that is alone hears of nobody but itself.
  if (payload.startsWith(self, TAG_END) && payload[TAG_END + self.length] === '\t') return undefined;
  const end = payload.indexOf('\n');
  const [tag, origin, log, number] = payload.slice(0, end).split('\t');
  if (end < 0 || origin === undefined || log === undefined) return undefined;
  const body = payload.slice(end + 1);
  if (tag === NOTICE) return { origin, log, exceptUserId: Number(number), frame: body };
  if (tag !== EVENTS) return undefined;
  return { origin, log, membersVersion: Number(number), events: body.split('\n').map(decodeEvent) };
}

function decodeEvent(line: string): FeedEvent {
  const fields = line.split('\t', 6);
  const [seq, kind, messageId, storedSeq, senderId, time] = fields;
  return {
    seq: Number(seq),
    kind: KINDS[kind as string] as EventKind,
    messageId: Number(messageId),
    storedSeq: Number(storedSeq),
    senderId: Number(senderId),
    time: Number(time),
    data: line.slice(fields.join('\t').length + 1),
  };
}
