// The commands that move the user's marker in a conversation.
import type { Marked } from '../../chat/counts/mark-statement.ts';
import * as frames from '../../protocol/markers.ts';
import { type Command, type CommandDependencies, defineCommand } from './command.ts';

export function markConversations({ useCases: { marks } }: CommandDependencies): Command[] {
  return [
    defineCommand({
      frame: frames.markRead,
      run: async ({ session, deadline }, data) =>
        toAnswer(await marks.read(session.user, frames.markOfFrame(data), deadline)),
    }),
    defineCommand({
      frame: frames.markUnread,
      run: async ({ session, deadline }, data) =>
        toAnswer(await marks.unread(session.user, frames.markOfFrame(data), deadline)),
    }),
  ];
}

function toAnswer({ readSeq, unread, mentions }: Marked) {
  return { read_seq: readSeq, unread, mentions };
}
