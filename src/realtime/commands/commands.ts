// The list of all commands, and how one is run.
import type { ClientFrame } from '../../protocol/client-frames.ts';
import { typing } from '../typing/commands.ts';
import { authenticate } from './authenticate.ts';
import type { Command, CommandContext, CommandDependencies } from './command.ts';
import { inOrder } from './in-order.ts';
import { joinChannel } from './join-channel.ts';
import { joinDirect } from './join-direct.ts';
import { leaveChannel } from './leave-channel.ts';
import { ping } from './ping.ts';
import { sendToChannel, sendToUser } from './send-message.ts';

/** Each creates the command of one client frame, or of several that belong together. */
export const COMMANDS: ReadonlyArray<(deps: CommandDependencies) => Command | readonly Command[]> = [
  authenticate,
  joinChannel,
  leaveChannel,
  joinDirect,
  sendToChannel,
  sendToUser,
  typing,
  ping,
];

/** Works on one valid frame. Answers it, or rejects with the error to answer. */
export type RunCommand = (context: CommandContext, frame: ClientFrame) => Promise<void>;

export function createCommands(deps: CommandDependencies): RunCommand {
  const made = COMMANDS.flatMap((create) => create(deps));
  const commands: ReadonlyMap<string, Command> = new Map(made.map((command) => [command.frame.type, command]));

  return async (context, { type, data }) => {
    const command = commands.get(type) as Command;
    const log = command.inOrderOf?.(data);
    await (log === undefined ? run(command, context, data) : inOrder(context, log, () => run(command, context, data)));
  };
}

async function run(command: Command, context: CommandContext, data: unknown): Promise<void> {
  const given = command.run(context, data);
  // Not awaited if it is not a promise, so that the answer leaves before what follows.
  const answer = given instanceof Promise ? await given : given;
  if (answer !== undefined) context.ack(answer);
}
