// Runs a connection's work for a log in order.
import type { CommandContext } from './command.ts';

/** Runs the work after earlier work for any of these logs. Work that could not begin in time is skipped. */
export function inOrder(
  context: CommandContext,
  logs: readonly string[],
  work: () => Promise<unknown>,
): Promise<unknown> {
  const { session } = context;
  session.underWay ??= new Map();
  const { underWay } = session;
  const before = logs.map((log) => underWay.get(log)).filter((earlier) => earlier !== undefined);
  const next = async () => (context.isOver ? undefined : work());
  const mine = before.length > 0 ? Promise.allSettled(before).then(next) : work();
  const forget = () => {
    for (const log of logs) if (underWay.get(log) === mine) underWay.delete(log);
    if (underWay.size === 0 && session.underWay === underWay) session.underWay = undefined;
  };
  for (const log of logs) underWay.set(log, mine);
  mine.then(forget, forget);
  return mine;
}
