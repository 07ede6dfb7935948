// The commands of presence: a connection says whom it watches, and as what its own user is there.
import { setPresence, subscribePresence } from '../../protocol/user-presence.ts';
import { type Command, type CommandDependencies, defineCommand } from '../commands/command.ts';

export function userPresence({ watches, tracker }: CommandDependencies): Command[] {
  const subscribe = defineCommand({
    frame: subscribePresence,
    // The last list counts.
    inOrderOf: () => 'presence',
    async run(context, { user_ids }) {
      const userIds = [...new Set(user_ids)];
      const shown = await watches.watch(context.session, userIds, () => context.isOver);
      if (!shown) return undefined;
      return { users: [...shown.values()], hidden: userIds.filter((id) => !shown.has(id)) };
    },
  });

  const set = defineCommand({
    frame: setPresence,
    async run({ session }, { status }) {
      await tracker.setStatus(session, status);
      return {};
    },
  });

  return [subscribe, set];
}
