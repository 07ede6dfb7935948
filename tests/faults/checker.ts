// Compares what clients sent, what they were told and what they saw with what the database has, and names every breach
// of the promises: nothing acked is lost, and every reader sees the same events, in order, each once.

/** A message event as it came to a client. */
export interface SeenEvent {
  /** The frame's number. */
  readonly seq: number;
  readonly type: 'new' | 'updated' | 'deleted';
  readonly messageId: number;
  /** The numbers in the frame's data. */
  readonly storedSeq: number;
  readonly updatedSeq: number;
  /** Null where it was deleted. */
  readonly text: string | null;
}

/** One connection's reading of one log, from its join to its end. */
export interface Sitting {
  /** What the join asked for. Without one, it began at `head`. */
  readonly since: number | undefined;
  /** The log's last number by the answer to the join. */
  readonly head: number;
  readonly events: SeenEvent[];
}

/** What one client saw of one log, over all its connections. */
export interface Reading {
  readonly reader: string;
  readonly log: string;
  readonly sittings: readonly Sitting[];
}

/** A message that the service said it has stored. */
export interface Acked {
  readonly log: string;
  readonly senderId: number;
  readonly clientId: string;
  readonly messageId: number;
  readonly seq: number;
}

/** A message as the database has it at the end. */
export interface StoredRow {
  readonly log: string;
  readonly messageId: number;
  readonly senderId: number;
  readonly clientId: string | null;
  readonly seq: number;
  readonly updatedSeq: number;
  /** Null where it is deleted. */
  readonly text: string | null;
}

export interface Evidence {
  readonly acked: readonly Acked[];
  readonly readings: readonly Reading[];
  readonly stored: readonly StoredRow[];
  /** How far each log had come at the end. */
  readonly heads: ReadonlyMap<string, number>;
}

/** One membership that ended while others talked. */
export interface Stay {
  readonly guest: string;
  readonly log: string;
  /** The numbers of what came. */
  readonly seqs: readonly number[];
  /** The log's last number at some time after the removal was answered. */
  readonly removedAt: number;
}

export type BreachKind =
  | 'acked but lost'
  | 'stored twice'
  | 'undelivered'
  | 'twice'
  | 'out of order'
  | 'different'
  | 'after removal';

export interface Breach {
  readonly kind: BreachKind;
  readonly log: string;
  readonly what: string;
}

/** All breaches; an empty list where every promise was kept. Readers are taken to have caught up with `heads`. */
export function check(evidence: Evidence): Breach[] {
  const rows = groupBy(evidence.stored, ({ log }) => log);
  return [
    ...lostAcks(evidence),
    ...storedTwice(evidence),
    ...[...evidence.heads].flatMap(([log, head]) => brokenNumbers(log, head, rows.get(log) ?? [])),
    ...evidence.readings.flatMap(brokenOrder),
    ...evidence.readings.flatMap(repeated),
    ...evidence.readings.flatMap((reading) => undelivered(reading, rows.get(reading.log) ?? [])),
    ...differences(evidence.readings, evidence.stored),
  ];
}

/** What came to somebody, though it was stored after their removal. */
export function checkStays(stays: readonly Stay[]): Breach[] {
  return stays.flatMap(({ guest, log, seqs, removedAt }) =>
    seqs
      .filter((seq) => seq > removedAt)
      .map((seq): Breach => ({ kind: 'after removal', log, what: `${guest}: ${seq}, removed at ${removedAt}` })),
  );
}

function lostAcks({ acked, stored }: Evidence): Breach[] {
  const byId = new Map(stored.map((row) => [row.messageId, row]));
  return acked
    .filter(({ log, messageId, senderId, clientId, seq }) => {
      const row = byId.get(messageId);
      return row?.log !== log || row.senderId !== senderId || row.clientId !== clientId || row.seq !== seq;
    })
    .map(({ log, clientId, seq }) => ({ kind: 'acked but lost', log, what: `${clientId}, acked as ${seq}` }));
}

function storedTwice({ stored }: Evidence): Breach[] {
  const named = stored.filter(({ clientId }) => clientId !== null);
  const groups = groupBy(named, ({ senderId, clientId }) => `${senderId} ${clientId}`);
  return [...groups.values()]
    .filter((rows) => rows.length > 1)
    .map(([row]) => ({ kind: 'stored twice', log: row?.log ?? '', what: `${row?.clientId}` }));
}

/** Every number up to the head is that of a message's storing, or was that of a change; the last one is there. */
function brokenNumbers(log: string, head: number, rows: readonly StoredRow[]): Breach[] {
  const wrong = (what: string): Breach => ({ kind: 'out of order', log, what });
  const taken = new Set(rows.flatMap(({ seq, updatedSeq }) => [...new Set([seq, updatedSeq])]));
  const numbers = rows.reduce((sum, { seq, updatedSeq }) => sum + (seq === updatedSeq ? 1 : 2), 0);
  const last = Math.max(0, ...taken);
  return [
    ...(last === head ? [] : [wrong(`the log says ${head}, its last event is ${last}`)]),
    ...(taken.size === numbers ? [] : [wrong('two events have one number')]),
  ];
}

function brokenOrder({ reader, log, sittings }: Reading): Breach[] {
  return sittings.flatMap(({ since, head, events }) => {
    let last = since ?? head;
    const breaches: Breach[] = [];
    for (const { seq, updatedSeq } of events) {
      const wrong = (why: string) => breaches.push({ kind: 'out of order', log, what: `${reader}: ${seq} ${why}` });
      if (seq < last) wrong(`after ${last}`);
      if (seq !== updatedSeq) wrong(`has the data of ${updatedSeq}`);
      last = Math.max(last, seq);
    }
    return breaches;
  });
}

/** A number seen before (also on an earlier connection, which the next one went on from), or a message new once more. */
function repeated({ reader, log, sittings }: Reading): Breach[] {
  const seqs = new Set<number>();
  const messages = new Set<number>();
  const breaches: Breach[] = [];
  for (const { seq, type, messageId } of sittings.flatMap(({ events }) => events)) {
    const again = seqs.has(seq) || (type === 'new' && messages.has(messageId));
    if (again) breaches.push({ kind: 'twice', log, what: `${reader}: ${seq} (message ${messageId}, ${type})` });
    seqs.add(seq);
    if (type === 'new') messages.add(messageId);
  }
  return breaches;
}

/** Each message's latest change must have been seen; earlier ones may have been left out by a catch-up. */
function undelivered({ reader, log, sittings }: Reading, rows: readonly StoredRow[]): Breach[] {
  const first = sittings[0];
  if (!first) return [{ kind: 'undelivered', log, what: `${reader} never read` }];
  const began = first.since ?? first.head;
  const seen = new Map(sittings.flatMap(({ events }) => events.map((event) => [event.seq, event] as const)));
  const missing = rows.filter((row) => row.updatedSeq > began && seen.get(row.updatedSeq)?.messageId !== row.messageId);
  return missing.map(({ updatedSeq, messageId }) => {
    return { kind: 'undelivered', log, what: `${reader}: ${updatedSeq} (message ${messageId})` };
  });
}

/** One number is one event for all: the same message with the same content, and in the end that of the database. */
function differences(readings: readonly Reading[], stored: readonly StoredRow[]): Breach[] {
  const truth = new Map<string, string>();
  for (const row of stored) truth.set(`${row.log} ${row.updatedSeq}`, content(row));
  const breaches: Breach[] = [];
  for (const { reader, log, sittings } of readings) {
    for (const event of sittings.flatMap(({ events }) => events)) {
      const name = `${log} ${event.seq}`;
      const known = truth.get(name);
      if (known === undefined) truth.set(name, content(event));
      else if (known !== content(event)) breaches.push({ kind: 'different', log, what: `${reader}: ${event.seq}` });
    }
  }
  return breaches;
}

function content(state: { messageId: number; text: string | null }): string {
  return `${state.messageId} ${state.text ?? '(deleted)'}`;
}

function groupBy<T>(items: readonly T[], name: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(name(item));
    if (group) group.push(item);
    else groups.set(name(item), [item]);
  }
  return groups;
}
