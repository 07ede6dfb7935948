// Runs a connection's work for one log in order.
import type { CommandContext } from './command.ts';

/** Runs the work after earlier work for the same log. Work that could not begin in time is skipped. */
export function inOrder(context: CommandContext, log: string, work: () => Promise<unknown>): Promise<unknown> {
  const { session } = context;
  session.underWay ??= new Map();
  const { underWay } = session;
  const before = underWay.get(log);
  const next = async () => (context.isOver ? undefined : work());
  const mine = before ? before.then(next, next) : work();
  const forget = () => {
    if (underWay.get(log) === mine) underWay.delete(log);
    if (underWay.size === 0 && session.underWay === underWay) session.underWay = undefined;
  };
  underWay.set(log, mine);
  mine.then(forget, forget);
  return mine;
}
