// Whatever stands in whichever field of whatever anybody may send: a schema gives a result, and so does its decoder.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import * as channels from '../../src/protocol/channels.ts';
import { CLIENT_FRAMES } from '../../src/protocol/client-frames.ts';
import { decode } from '../../src/protocol/decode.ts';
import * as fields from '../../src/protocol/fields.ts';
import * as messages from '../../src/protocol/messages.ts';
import * as requests from '../../src/protocol/requests.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';
import { fieldsOf, HOSTILE_EXAMPLES, hostileFields, hostileJson, objectText } from './kit/hostile.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const frames = Object.fromEntries(CLIENT_FRAMES.map(({ type, data }) => [type, data]));

const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map(
  [frames, requests, channels, messages, fields].flatMap((all) =>
    Object.entries<unknown>(all).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType),
  ),
);
const CASES = [...SCHEMAS].flatMap(([name, schema]) =>
  [undefined, ...fieldsOf(schema)].map((field) => ({ name, field })),
);

/** By itself, without what the decoder does where a schema throws. */
function outcome(schema: z.ZodType, value: unknown): string {
  try {
    return schema.safeParse(value).success ? 'taken' : 'refused';
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

describe('every schema', () => {
  test.each(CASES)('$name $field refuses or takes each hostile value, and never throws', ({ name, field }) => {
    const schema = SCHEMAS.get(name) as z.ZodType;
    for (const json of HOSTILE_EXAMPLES) {
      const value: unknown = JSON.parse(field === undefined ? json : objectText({ [field]: json }));
      expect(outcome(schema, value), json.slice(0, 100)).toMatch(/^(taken|refused)$/);
    }
  });

  test('with hostile values in several fields gives a result that names fields and shows no value', async () => {
    const cases = fc.constantFrom(...SCHEMAS.keys()).chain((name) => {
      const names = fieldsOf(SCHEMAS.get(name) as z.ZodType);
      const json = names.length === 0 ? hostileJson : fc.oneof(hostileFields(names).map(objectText), hostileJson);
      return fc.record({ name: fc.constant(name), json });
    });
    await check('decode', cases, 3_000, ({ name, json }) => {
      const schema = SCHEMAS.get(name) as z.ZodType;
      const value: unknown = JSON.parse(json);
      expect(outcome(schema, value)).toMatch(/^(taken|refused)$/);
      const decoded = decode(schema, value);
      if (decoded.ok) return;
      expect(decoded.details.length).toBeGreaterThan(0);
      for (const { message } of decoded.details) expect(message.length).toBeLessThan(200);
    });
  });
});

test('the decoder gives a result where a schema throws', () => {
  const schema = z.unknown().refine(() => {
    throw new Error('secret');
  });
  expect(decode(schema, 'secret')).toEqual({ ok: false, details: [{ path: '', message: 'cannot be read' }] });
});

test('a list of thousands of wrong items has no thousands of details', () => {
  const body = { type: 'group', name: 'x', userIds: Array.from({ length: 60_000 }, () => 0) };
  const decoded = decode(channels.createChannelBody, body);
  expect(decoded.ok || decoded.details.length).toBe(100);
});
