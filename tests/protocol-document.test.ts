// docs/protocol.md says of frames, close codes and pings what their definitions say: nothing is missing there, and nothing
// is only there.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CLIENT_FRAMES } from '../src/protocol/client-frames.ts';
import { CLOSE } from '../src/protocol/close-codes.ts';
import type { ClientFrameDefinition } from '../src/protocol/frame.ts';
import { LIMITS } from '../src/protocol/limits.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../src/protocol/pings.ts';
import { SERVER_FRAMES } from '../src/protocol/server-frames.ts';

const DOCUMENT = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');
/** By an older name than the document's: clients of the former service. */
const OLD_NAMES = new Set(['fileName']);
/** A connection that broke has this code, which nobody sends. */
const BROKEN = 1006;

/** Rows of the table that has these columns, as texts of their cells. */
function table(...columns: string[]): string[][] {
  const head = `| ${columns.join(' | ')} |\n`;
  const start = DOCUMENT.indexOf(head);
  expect(start, `a table with ${columns}`).toBeGreaterThan(0);
  const [, ...lines] = (DOCUMENT.slice(start + head.length).split('\n\n')[0] as string).split('\n');
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in code in a text, without the marks of what may be absent. */
function coded(text = ''): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => (code as string).replace(/\?$/, ''));
}

/** Where a cell says "the same", it means what stands there in words; in parentheses are values. */
function fieldsIn(cell = ''): string[] {
  return coded(cell.replaceAll(/\([^)]*\)/g, ''));
}

function fieldsOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodPipe) return fieldsOf(schema.in as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(fieldsOf);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).filter((name) => !OLD_NAMES.has(name)) : [];
}

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

describe('the table of client frames', () => {
  const rows = table('type', 'data', 'what it does', 'data of the `ack`');
  const row = (type: string) => rows.find(([name]) => coded(name).includes(type)) ?? [];

  it('has each of them', () => {
    expect(sorted(rows.flatMap(([name]) => coded(name)))).toEqual(sorted(CLIENT_FRAMES.map(({ type }) => type)));
  });

  it.each(CLIENT_FRAMES as readonly ClientFrameDefinition[])('has the data of $type, and what answers it', (frame) => {
    const [, data = '', , answer = ''] = row(frame.type);
    const said = fieldsIn(data);
    const fields = fieldsOf(frame.data);
    if (data.includes('the rest as above')) expect(fields).toEqual(expect.arrayContaining(said));
    else expect(sorted(said)).toEqual(sorted(fields));
    if (frame.answer.type !== 'ack') expect(coded(answer)).toEqual([frame.answer.type]);
    else if (answer !== 'the same') expect(sorted(fieldsIn(answer))).toEqual(sorted(fieldsOf(frame.answer.data)));
  });
});

describe('the table of server frames', () => {
  const rows = table('type', 'data', 'to whom');
  const row = (type: string) => rows.find(([name]) => coded(name).includes(type)) ?? [];
  const messages = /^\[?a? ?message|^a message|^\[a message\]|^the same as the message/;

  it('has each of them', () => {
    expect(sorted(rows.flatMap(([name]) => coded(name)))).toEqual(sorted(SERVER_FRAMES.map(({ type }) => type)));
  });

  it.each(SERVER_FRAMES.map(({ type, data }) => ({ type, data })))('has the data of $type', ({ type, data }) => {
    const [, said = ''] = row(type);
    if (messages.test(said)) return expect(fieldsOf(data)).toEqual(expect.arrayContaining(coded(said)));
    if (said === 'as above') return;
    expect(sorted(fieldsIn(said))).toEqual(sorted(fieldsOf(data)));
  });

  it('shows a message with all its fields', () => {
    const [, shown = ''] = /#### A message\n\n((?: {4}.*\n)+)/.exec(DOCUMENT) ?? [];
    const fields = [...Object.keys(JSON.parse(shown) as object), 'receiver_id'];
    const [message] = SERVER_FRAMES.filter(({ type }) => type === 'channel.message');
    expect(sorted(fields)).toEqual(sorted(fieldsOf(message?.data as z.ZodType)));
  });
});

it('the table of events of Socket.IO has each, and what answers it', () => {
  const rows = table('client emits', 'server answers without a callback').map((cells) => cells.map(coded));
  for (const { type, socketIo } of CLIENT_FRAMES as readonly ClientFrameDefinition[]) {
    if (!socketIo) continue;
    const row = rows.find(([emitted]) => emitted?.includes(socketIo.event));
    expect(row?.[1], type).toContain(socketIo.answer);
  }
});

it('the table of close codes has each', () => {
  const codes = table('close code', 'why', 'what to do').map(([code]) => Number(code));
  expect(codes.filter((code) => code !== BROKEN).sort()).toEqual(Object.values(CLOSE).sort());
});

it('says how often the server pings and how long it waits, and what of the wire is bounded', () => {
  const text = DOCUMENT.replaceAll(/\s+/g, ' ');
  const seconds = (ms: number) => `${ms / 1000} s`;
  expect(text).toContain(`a WebSocket ping every ${seconds(PING_INTERVAL_MS)} and drops a peer`);
  expect(text).toContain(`no sign of life for ${seconds(PING_TIMEOUT_MS)}`);
  expect(text).toContain(`sign-in | within ${seconds(LIMITS.AUTHENTICATION_TIMEOUT_MS)} of the connection`);
  expect(text).toContain(`more than ${LIMITS.ANNOUNCED_USERS_MAX} live users`);
});
