// Answers how far the log with another user has come, and if the client asks, sends the events after a number.
import { pairKey } from '../../chat/log/key.ts';
import * as frames from '../../protocol/directs.ts';
import { ChatError } from '../../protocol/errors.ts';
import { attachReader } from '../log/catch-up.ts';
import { checkSince } from './check-since.ts';
import { type Command, type CommandDependencies, defineCommand } from './command.ts';

export function joinDirect({ directFeeds, reads }: CommandDependencies): Command {
  return defineCommand({
    frame: frames.joinDirect,
    inOrderOf: ({ user_id }) => `u${user_id}`,
    async run(context, { user_id, since }) {
      const { session } = context;
      const entry = await reads.pairEntry(session.user.id, user_id);
      if (!entry) throw new ChatError('USER_NOT_FOUND');
      checkSince(since, entry.head);
      const key = pairKey(session.user.id, user_id);
      while (!context.isOver) {
        const feed = directFeeds.join(key, session.user.id);
        if (!feed) return undefined;
        await feed.whenSettled();
        // The feed may have been closed meanwhile.
        if (context.isOver || directFeeds.feed(key) !== feed) continue;
        if (since !== undefined) session.assertMayRead(feed.name, since);
        feed.noteHead(entry.head, 0);
        context.ack({ user_id, last_seq: entry.head });
        const reader = session.readers.get(feed.name) ?? attachReader(session, feed, entry.head, entry.head);
        if (since !== undefined) reader.restart(since, entry.head);
        return undefined;
      }
      return undefined;
    },
  });
}
