// Commands of other nodes: what is taken, and that nothing that may come over the bus is taken for one, or throws.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Command, decodeCommand } from './command.ts';

const COMMANDS: readonly Command[] = [
  { type: 'channel.added', userIds: [1, 2], channel: { id: 3, name: 'tea', type: 'group', ownerId: 1 } },
  { type: 'channel.updated', channelId: 3, name: 'tea' },
  { type: 'channel.deleted', channelId: 3 },
  { type: 'member.removed', channelId: 3, userId: 1, username: 'ann' },
  { type: 'admin.message', channelId: 3, message: 'hello', kind: 'admin' },
  { type: 'disconnect', userId: 1 },
  { type: 'count.connections' },
  { type: 'count.user', userId: 1 },
];
/** Names that every version sends; `username` is for the log of older ones. */
const NOT_READ = ['username'];

describe('a command of another node', () => {
  it.each(COMMANDS)('$type is taken, with whatever a newer version says beside', (command) => {
    expect(decodeCommand({ ...command, more: {} })).toMatchObject(command);
  });

  it.each(COMMANDS)('$type is not taken without one of its fields, or with one of another type', (command) => {
    for (const name of Object.keys(command).filter((key) => !NOT_READ.includes(key))) {
      for (const value of [undefined, null, true, 1.5, {}, [null], { length: 1 }]) {
        expect(decodeCommand({ ...command, [name]: value }), `${name}: ${JSON.stringify(value)}`).toBeUndefined();
      }
    }
  });

  it.each(['channel.forked', 'toString', '__proto__', ''])('of the type %j is unknown', (type) => {
    expect(decodeCommand({ type })).toBeUndefined();
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeCommand(value)).toBeUndefined();
      }),
    );
  });
});
