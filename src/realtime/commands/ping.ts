// A ping as a frame, for clients that cannot see the pings of their transport.
import * as frame from '../../protocol/connection.ts';
import { type Command, defineCommand } from './command.ts';

export function ping(): Command {
  return defineCommand({ frame: frame.ping, run: () => ({}) });
}
