import { describe, expect, it } from 'vitest';
import { mayDeleteMessage, mayEditMessage, mayReadMessage } from './policy.ts';

const someone = { id: 1, isAdmin: false };
const admin = { id: 1, isAdmin: true };
const others = { senderId: 2, channelOwnerId: 3, isParty: true };

describe('mayReadMessage', () => {
  it('allows parties only', () => {
    expect(mayReadMessage(others)).toBe(true);
    expect(mayReadMessage({ ...others, isParty: false })).toBe(false);
  });
});

describe('mayEditMessage', () => {
  it.each([
    ['the sender', someone, { ...others, senderId: 1 }, true],
    ['a sender who was removed since', someone, { ...others, senderId: 1, isParty: false }, false],
    ['the owner of the channel', someone, { ...others, channelOwnerId: 1 }, false],
    ['another party', someone, others, false],
    ['an admin', admin, others, false],
  ])('%s', (_, actor, message, expected) => {
    expect(mayEditMessage(actor, message)).toBe(expected);
  });
});

describe('mayDeleteMessage', () => {
  it.each([
    ['the sender', someone, { ...others, senderId: 1 }, true],
    ['a sender who was removed since', someone, { ...others, senderId: 1, isParty: false }, false],
    ['the owner of the channel', someone, { ...others, channelOwnerId: 1 }, true],
    ['another party', someone, others, false],
    ['the receiver', someone, { ...others, channelOwnerId: null }, false],
    ['an admin', admin, others, true],
    ['an admin who is no party', admin, { ...others, isParty: false }, true],
  ])('%s', (_, actor, message, expected) => {
    expect(mayDeleteMessage(actor, message)).toBe(expected);
  });
});
