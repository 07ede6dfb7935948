// The command line of the bench: what to run, how often, and how large.
import { parseArgs } from 'node:util';

const DEFAULTS = {
  /** Repetitions of each scenario with each target. */
  reps: 3,
  /** Duration of each measured period. */
  seconds: 5,
  /** Connections of the channel of `fanout` and `nodes`. */
  receivers: 1_000,
  /** Channels of `rooms`, each with 20 connections. */
  rooms: 100,
  /** Connections of `idle`, 20 to a channel. */
  connections: 5_000,
  /** Seconds without a message before memory is read. */
  silence: 30,
  /** Connections of the largest channel of `growth-readers` and `growth-joins`. */
  largest: 5_000,
  /** Messages of the longer of the two channels of `growth-history`. */
  rows: 1_000_000,
  /** Joins of `growth-memberships`, on a hundredth as many connections and on as many. */
  joins: 10_000,
  /** Channels of `growth-channels`. */
  channels: 20_000,
  /** Connections of `growth-connections`. */
  crowd: 20_000,
};

export type Options = Readonly<typeof DEFAULTS>;

export interface CommandLine {
  readonly scenarios: readonly string[] | undefined;
  readonly targets: readonly string[] | undefined;
  readonly options: Options;
}

/** Throws if an option is unknown, or no number above 0. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const names = ['scenarios', 'targets', ...Object.keys(DEFAULTS)];
  const taken = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  const { scenarios, targets, ...sizes } = parseArgs({ args: [...args], options: taken }).values;
  const given = Object.entries(sizes).map(([name, value]) => [name, sizeOf(name, value)]);
  return {
    scenarios: scenarios?.split(','),
    targets: targets?.split(','),
    options: { ...DEFAULTS, ...Object.fromEntries(given) },
  };
}

function sizeOf(name: string, value: string | undefined): number {
  const size = Number(value);
  if (!(size > 0)) throw new Error(`--${name} takes a number above 0, not ${value}`);
  return size;
}
