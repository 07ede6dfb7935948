// Joins the account log of the connection's user.
import * as frames from '../../protocol/account-log.ts';
import { checkSince } from '../commands/check-since.ts';
import { type Command, type CommandDependencies, defineCommand } from '../commands/command.ts';
import { attachReader } from '../log/catch-up.ts';

export function joinAccount({ accountFeeds, reads, useCases }: CommandDependencies): Command {
  return defineCommand({
    frame: frames.joinAccount,
    inOrderOf: () => 'account',
    async run(context, { since }) {
      const { session } = context;
      const { feed, subscribed, release } = accountFeeds.hold(session.user.id);
      try {
        await subscribed;
        const [log] = await reads.accountHeads([session.user.id]);
        const totals = await useCases.conversations.totals(session.user);
        if (context.isOver) return undefined;
        const head = log?.head ?? 0;
        checkSince(since, head);
        if (since !== undefined) session.assertMayRead(feed.name, since);
        feed.begin(head, 0);
        // The answer leaves before the events after it.
        context.ack({ last_seq: head, totals });
        const known = session.readers.get(feed.name);
        if (!known) attachReader(session, feed, since ?? head, head);
        else if (since !== undefined) known.restart(since, head);
        return undefined;
      } finally {
        release();
      }
    },
  });
}
