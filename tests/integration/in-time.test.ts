// What somebody was told has failed for want of time is not done after that: each use case of several steps, with a time
// that is over when it comes to the step that changes something.
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { deadlineIn } from '../../src/lib/deadline.ts';
import { ADDRESS, type Chat, describeChat, text } from './chat-under-test.ts';

async function setUp(chat: Chat) {
  const [ann, bob] = await Promise.all([chat.user(), chat.user()]);
  const channelId = await chat.group(ann, bob);
  return { ann, bob, channelId, message: await chat.say(ann, channelId, 'first') };
}

/** Everything that there is, but for the numbers that sequences gave away. */
async function everything(chat: Chat): Promise<unknown> {
  const tables = ['users', 'channels', 'channel_members', 'conversations', 'chats'];
  return Promise.all(tables.map((table) => chat.sql(sql`select t.* from ${sql.identifier(table)} t order by t.id`)));
}

const PASSWORD = 'correct horse';

describeChat('after its deadline', (chat) => {
  it('nothing is changed', async () => {
    const { ann, bob, channelId, message } = await setUp(chat());
    const accounts = chat().accountsWith({});
    const account = { username: 'late', email: 'late@example.com', password: PASSWORD };
    const { user } = await accounts.register({ ...account, username: 'known', email: 'known@example.com' }, ADDRESS);
    const known = await chat().principals.load(user.id);
    if (!known) throw new Error('The account is missing');
    const before = await everything(chat());
    const over = deadlineIn(0);
    const token = { userId: 0, expiresAt: 0, tokenId: 'x', issuedAt: 0, generation: 0 };
    const late = [
      chat().messages.send(ann, { channelId, receiverId: null, ...text('late') }, over),
      chat().messages.send(ann, { channelId: null, receiverId: bob.id, ...text('late') }, over),
      chat().messages.edit(ann, message.id, { text: 'late' }, over),
      chat().messages.remove(ann, message.id, over),
      chat().channels.create(ann, { type: 'direct', name: '', userIds: [bob.id] }, over),
      accounts.register(account, ADDRESS, over),
      accounts.updateProfile(
        known,
        { currentPassword: PASSWORD, username: 'late', password: 'another one' },
        token,
        ADDRESS,
        over,
      ),
    ];
    const codes = await Promise.all(
      late.map((work) =>
        work.then(
          () => 'done',
          (error: { code?: string }) => error.code,
        ),
      ),
    );
    expect(codes).toEqual(late.map(() => 'UNAVAILABLE'));
    expect(await everything(chat())).toEqual(before);
    expect(chat().events).toHaveLength(1);
  });
});
