// One after the other: what a connection wants of one log.
import type { CommandContext } from './command.ts';

/** Runs the work after what came before it for the same log. What was not begun in time is not begun at all. */
export function inOrder(context: CommandContext, log: string, work: () => Promise<void>): Promise<void> {
  const { session } = context;
  session.underWay ??= new Map();
  const { underWay } = session;
  const before = underWay.get(log);
  const next = async () => {
    if (!context.isOver) await work();
  };
  const mine = before ? before.then(next, next) : work();
  const forget = () => {
    if (underWay.get(log) === mine) underWay.delete(log);
    if (underWay.size === 0 && session.underWay === underWay) session.underWay = undefined;
  };
  underWay.set(log, mine);
  mine.then(forget, forget);
  return mine;
}
