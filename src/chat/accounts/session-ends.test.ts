import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenClaims } from './principal.ts';
import { createSessionEnds, type SessionEnd } from './session-ends.ts';

const NOW = Date.parse('2026-01-01T12:00:00.500Z');
const DAY_MS = 86_400_000;

function token(more: Partial<TokenClaims> = {}): TokenClaims {
  const issuedAt = Math.floor(NOW / 1000) * 1000;
  return { userId: 7, expiresAt: NOW + DAY_MS, tokenId: 'one', issuedAt, generation: 0, ...more };
}

const cutoff = (more: object = {}) => ({ userId: 7, generation: 1, keptTokenId: 'kept', endedAt: NOW, ...more });

function known(...list: SessionEnd[]) {
  const ends = createSessionEnds(100);
  for (const end of list) ends.note(end);
  return ends;
}

describe('a token', () => {
  it('is ended by itself, and no other is', () => {
    const ends = known({ tokenId: 'one', userId: 7, endedAt: NOW });
    expect(ends.isEnded(token())).toBe(true);
    expect(ends.isEnded(token({ tokenId: 'two' }))).toBe(false);
  });
});

describe('a cutoff', () => {
  it('ends tokens of the generations before, but for the kept one, and nobody else of them', () => {
    const ends = known(cutoff({ generation: 2 }));
    expect(ends.isEnded(token({ generation: 0 }))).toBe(true);
    expect(ends.isEnded(token({ generation: 1 }))).toBe(true);
    expect(ends.isEnded(token({ generation: 1, tokenId: 'kept' }))).toBe(false);
    expect(ends.isEnded(token({ userId: 8 }))).toBe(false);
  });

  it('spares what is issued after it, in the same second too, whatever clock the issuer has', () => {
    const ends = known(cutoff());
    for (const issuedAt of [NOW - DAY_MS, NOW - 500, NOW, NOW + DAY_MS]) {
      expect(ends.isEnded(token({ generation: 1, issuedAt })), `${issuedAt}`).toBe(false);
      expect(ends.isEnded(token({ generation: 0, issuedAt })), `${issuedAt}`).toBe(true);
    }
  });

  it('goes by the time where a token of the former service knows no generation', () => {
    const ends = known(cutoff());
    const former = (issuedAt: number | undefined) => ends.isEnded(token({ generation: undefined, issuedAt }));
    expect([former(NOW - 500), former(NOW - 60_000), former(undefined)]).toEqual([true, true, true]);
    expect(former(NOW + 500)).toBe(false);
  });

  it('does not come back when an older one is heard of later', () => {
    const ends = known(cutoff({ generation: 3, keptTokenId: 'later' }));
    expect(ends.note(cutoff({ generation: 2 }))).toBe(false);
    expect(ends.isEnded(token({ generation: 2, tokenId: 'kept' }))).toBe(true);
    expect(ends.isEnded(token({ generation: 2, tokenId: 'later' }))).toBe(false);
  });
});

it('changes its version with what is new, and with nothing else', () => {
  const ends = known(cutoff());
  const { version } = ends;
  ends.note(cutoff());
  expect(ends.version).toBe(version);
  ends.note({ tokenId: 'x', userId: 1, endedAt: NOW });
  expect(ends.version).not.toBe(version);
});

it('covers nothing before it was told how far it reaches back', () => {
  const ends = createSessionEnds(100);
  expect(ends.covers(token())).toBe(false);
  ends.reachBackTo(Number.NEGATIVE_INFINITY);
  expect(ends.covers(token({ issuedAt: undefined }))).toBe(true);
  ends.reachBackTo(NOW - 2 * DAY_MS);
  expect([token(), token({ issuedAt: undefined }), token({ issuedAt: NOW - DAY_MS })].map(ends.covers)).toEqual([
    true,
    false,
    false,
  ]);
});

it('never takes an ended token for a good one that it covers, however much it had to forget', () => {
  const times = fc.integer({ min: -20 * DAY_MS, max: 0 }).map((before) => NOW + before);
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 60 }), (endedAts) => {
      const ends = createSessionEnds(10);
      ends.reachBackTo(Number.NEGATIVE_INFINITY);
      const inOrder = endedAts.sort((one, other) => one - other);
      for (const [at, endedAt] of inOrder.entries()) ends.note({ tokenId: `${at}`, userId: 7, endedAt });
      for (const [at, endedAt] of inOrder.entries()) {
        // Ended some time after it was issued.
        const ended = token({ tokenId: `${at}`, issuedAt: endedAt - 1000 });
        expect(ends.isEnded(ended) || !ends.covers(ended)).toBe(true);
      }
    }),
  );
});
