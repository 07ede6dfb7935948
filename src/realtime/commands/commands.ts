// The list of all commands, and how one is run.
import type { ClientFrame } from '../../protocol/client-frames.ts';
import { joinAccount } from '../accounts/join-account.ts';
import { typing } from '../typing/commands.ts';
import { userPresence } from '../user-presence/commands.ts';
import { authenticate } from './authenticate.ts';
import type { Command, CommandContext, CommandDependencies } from './command.ts';
import { inOrder } from './in-order.ts';
import { joinChannel } from './join-channel.ts';
import { joinDirect } from './join-direct.ts';
import { leaveChannel } from './leave-channel.ts';
import { markConversations } from './mark-read.ts';
import { ping } from './ping.ts';
import { reactions } from './react.ts';
import { sendToChannel, sendToUser } from './send-message.ts';

/** Each creates the command of one client frame, or of several that belong together. */
export const COMMANDS: ReadonlyArray<(deps: CommandDependencies) => Command | readonly Command[]> = [
  authenticate,
  joinChannel,
  leaveChannel,
  joinDirect,
  joinAccount,
  sendToChannel,
  sendToUser,
  reactions,
  typing,
  userPresence,
  markConversations,
  ping,
];

/**
 * Works on one valid frame. Returns the data of its answer, or undefined if the command gave the answer itself. Throws
 * or rejects with the error to answer. It adds no promise to those of the command, because each one lives as long as
 * the work, and messages by the hundred are under way at once.
 */
export type RunCommand = (context: CommandContext, frame: ClientFrame) => unknown;

export function createCommands(deps: CommandDependencies): RunCommand {
  const made = COMMANDS.flatMap((create) => create(deps));
  const commands: ReadonlyMap<string, Command> = new Map(made.map((command) => [command.frame.type, command]));

  return (context, { type, data }) => {
    const command = commands.get(type) as Command;
    const log = command.inOrderOf?.(data);
    return log === undefined
      ? command.run(context, data)
      : inOrder(context, [log].flat(), async () => command.run(context, data));
  };
}
