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
  it('is ended, and no other token is', () => {
    const ends = known({ tokenId: 'one', userId: 7, endedAt: NOW });
    expect(ends.isEnded(token())).toBe(true);
    expect(ends.isEnded(token({ tokenId: 'two' }))).toBe(false);
  });
});

describe('a cutoff', () => {
  it('ends tokens of earlier generations, except the kept one, and those of no other user', () => {
    const ends = known(cutoff({ generation: 2 }));
    expect(ends.isEnded(token({ generation: 0 }))).toBe(true);
    expect(ends.isEnded(token({ generation: 1 }))).toBe(true);
    expect(ends.isEnded(token({ generation: 1, tokenId: 'kept' }))).toBe(false);
    expect(ends.isEnded(token({ userId: 8 }))).toBe(false);
  });

  it('spares tokens issued after it, even in the same second, whatever clock the issuer has', () => {
    const ends = known(cutoff());
    for (const issuedAt of [NOW - DAY_MS, NOW - 500, NOW, NOW + DAY_MS]) {
      expect(ends.isEnded(token({ generation: 1, issuedAt })), `${issuedAt}`).toBe(false);
      expect(ends.isEnded(token({ generation: 0, issuedAt })), `${issuedAt}`).toBe(true);
    }
  });

  it('compares times if a token of the former service has no generation', () => {
    const ends = known(cutoff());
    const former = (issuedAt: number | undefined) => ends.isEnded(token({ generation: undefined, issuedAt }));
    expect([former(NOW - 500), former(NOW - 60_000), former(undefined)]).toEqual([true, true, true]);
    expect(former(NOW + 500)).toBe(false);
  });

  it('is not replaced by an older one that is noted later', () => {
    const ends = known(cutoff({ generation: 3, keptTokenId: 'later' }));
    expect(ends.note(cutoff({ generation: 2 }))).toBe(false);
    expect(ends.isEnded(token({ generation: 2, tokenId: 'kept' }))).toBe(true);
    expect(ends.isEnded(token({ generation: 2, tokenId: 'later' }))).toBe(false);
  });
});

it('changes its version only with new ends', () => {
  const ends = known(cutoff());
  const { version } = ends;
  ends.note(cutoff());
  expect(ends.version).toBe(version);
  ends.note({ tokenId: 'x', userId: 1, endedAt: NOW });
  expect(ends.version).not.toBe(version);
});

it('covers nothing until it knows how far it reaches back', () => {
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

it('never calls an ended token valid and covered, however many ends it had to forget', () => {
  const times = fc.integer({ min: -20 * DAY_MS, max: 0 }).map((before) => NOW + before);
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 60 }), (endedAts) => {
      const ends = createSessionEnds(10);
      ends.reachBackTo(Number.NEGATIVE_INFINITY);
      const inOrder = endedAts.sort((one, other) => one - other);
      for (const [at, endedAt] of inOrder.entries()) ends.note({ tokenId: `${at}`, userId: 7, endedAt });
      for (const [at, endedAt] of inOrder.entries()) {
        // Ended a second after it was issued.
        const ended = token({ tokenId: `${at}`, issuedAt: endedAt - 1000 });
        expect(ends.isEnded(ended) || !ends.covers(ended)).toBe(true);
      }
    }),
  );
});
