import { describe, expect, it } from 'vitest';
import type { FeedEvent } from './feed-event.ts';
import { decodePublication, encodeEvents, encodeNotice } from './publication.ts';

const event: FeedEvent = {
  seq: 7,
  kind: 'updated',
  messageId: 12,
  storedSeq: 3,
  senderId: 5,
  time: 1_700_000_000_000,
  data: JSON.stringify({ text: 'tab\tline\nend 😀', id: 12 }),
};

describe('a publication', () => {
  it('brings events to another node as they were', () => {
    const sent = {
      origin: 'a',
      log: 'd3.9',
      membersVersion: 4,
      events: [event, { ...event, seq: 8, kind: 'deleted' as const }],
    };
    expect(decodePublication(encodeEvents(sent), 'b')).toEqual(sent);
  });

  it('brings a notice to another node as it was', () => {
    const notice = { origin: 'a', log: 'c3', exceptUserId: 5, frame: '{"type":"channel.join"}' };
    expect(decodePublication(encodeNotice(notice), 'b')).toEqual(notice);
  });

  it('is nothing to the node that made it, and nothing where it is none', () => {
    expect(
      decodePublication(encodeEvents({ origin: 'a', log: 'c3', membersVersion: 0, events: [event] }), 'a'),
    ).toBeUndefined();
    for (const payload of ['', 'x', 'e\ta', 'z\ta\tc1\t0\nrest'])
      expect(decodePublication(payload, 'b')).toBeUndefined();
  });
});
