import { describe, expect, it } from 'vitest';
import { decodeFrame } from './decode-frame.ts';

function problem(input: unknown): string {
  const decoded = decodeFrame(input);
  if (decoded.ok) return 'ok';
  return [decoded.problem.code, ...(decoded.problem.details ?? []).map((detail) => detail.path)].join(' ');
}

const message = (data: object) => ({ type: 'channel.message', data: { channel_id: 1, text: 'hi', ...data } });

describe('decoding a frame', () => {
  it.each([
    [null, 'INVALID_FRAME'],
    [[], 'INVALID_FRAME'],
    ['ping', 'INVALID_FRAME'],
    [{}, 'INVALID_FRAME'],
    [{ type: 5 }, 'INVALID_FRAME'],
    [{ type: 'ping', data: null }, 'INVALID_FRAME'],
    [{ type: 'ping', data: [] }, 'INVALID_FRAME'],
    [{ type: 'ping', id: 5 }, 'INVALID_FRAME'],
    [{ type: 'ping', id: null }, 'INVALID_FRAME'],
    [{ type: 'ping', id: 'x'.repeat(65) }, 'INVALID_FRAME'],
    [{ type: 'nope' }, 'UNKNOWN_TYPE'],
    [{ type: 'toString' }, 'UNKNOWN_TYPE'],
    [{ type: '__proto__' }, 'UNKNOWN_TYPE'],
    [{ type: 'channel.join' }, 'VALIDATION_FAILED channel_id'],
    [{ type: 'channel.join', data: { channel_id: 2 ** 31 } }, 'VALIDATION_FAILED channel_id'],
    [{ type: 'channel.join', data: { channel_id: 1.5 } }, 'VALIDATION_FAILED channel_id'],
    [{ type: 'channel.join', data: { channel_id: 1, since: -1 } }, 'VALIDATION_FAILED since'],
    [message({ text: 'a\u0000b' }), 'VALIDATION_FAILED text'],
    [message({ text: '\ud800' }), 'VALIDATION_FAILED text'],
    [message({ text: '' }), 'VALIDATION_FAILED text'],
    [message({ url: 'ftp://example.com/x' }), 'VALIDATION_FAILED url'],
    [message({ url: 'javascript:alert(1)' }), 'VALIDATION_FAILED url'],
    [message({ client_id: 'x'.repeat(65) }), 'VALIDATION_FAILED client_id'],
  ])('of %j results in %s', (input, expected) => {
    expect(problem(input)).toBe(expected);
  });

  it('takes numeric strings for ids, null and empty for absent, and leaves unknown fields out', () => {
    const decoded = decodeFrame(message({ channel_id: '7', url: '', file_name: null, sender_id: 99 }));
    expect(decoded).toEqual({
      ok: true,
      frame: {
        type: 'channel.message',
        data: { channel_id: 7, text: 'hi', url: null, file_name: null, fileName: null, client_id: null },
      },
    });
  });
});
