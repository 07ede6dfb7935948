// A server that answers, and yet does not do what it is for. Told once in the log when it begins, again when it is something
// else, and when it is over; and for as long as it lasts to whoever asks.
import type { Logger } from './logger.ts';

export interface RefusalKind {
  /** For `/ready`, and in the log. */
  readonly reason: string;
  readonly remedy: string;
  /** What the server says names the object that it is about: each of them has its own line. */
  readonly ofObjects?: true;
  /**
   * It is about connections, of which others may work: whoever asks finds out by trying, and any success ends it. Else it is
   * over only with the success of something that has failed for this reason.
   */
  readonly ofConnections?: true;
  /** Something besides, whose success ends it. */
  readonly endedBy?: string;
}

export interface Refusals<Kind extends RefusalKind> {
  /** Something failed. `what` names it: its success later means that the reason is gone. Gives the kind of refusal, if it is one. */
  failed(what: string, error: unknown): Kind | undefined;
  /** Something succeeded. Costs nothing where nothing is refused. */
  succeeded(what: string): void;
  /** From now on the log hears of it; before, whoever starts says what is wrong. */
  speak(): void;
  /** Why the server cannot be relied on now, though it answers, in few words and without values; undefined where it can. */
  reason(): string | undefined;
}

export interface RefusalsOptions<Kind> {
  /** What to call the server in the log. */
  readonly server: string;
  readonly kindOf: (error: unknown) => Kind | undefined;
  /** What the server said, without values. */
  readonly textOf: (error: unknown) => string | undefined;
  readonly logger?: Logger;
}

/** Since the last failure, before a success counts as the end: while some succeed and some fail, nothing has changed. */
const QUIET_MS = 5_000;
/** Since the last failure, before it may be tried again: somebody has to find out whether it is over. */
const DOUBT_MS = 15_000;
/** Different objects without a right: each has its line, up to here. */
const MAX_ACTIVE = 20;
const MAX_NAMES = 20;

interface Active<Kind> {
  readonly kind: Kind;
  readonly names: Set<string>;
  lastAt: number;
}

export function createRefusals<Kind extends RefusalKind>(options: RefusalsOptions<Kind>): Refusals<Kind> {
  const { server, kindOf, textOf, logger } = options;
  const active = new Map<string, Active<Kind>>();
  let speaks = false;

  function begin(key: string, kind: Kind, error: unknown): Active<Kind> | undefined {
    if (!speaks || active.size >= MAX_ACTIVE) return undefined;
    const begun = { kind, names: new Set(kind.endedBy && [kind.endedBy]), lastAt: 0 };
    active.set(key, begun);
    const { reason, remedy } = kind;
    const said = textOf(error);
    logger?.error({ reason, said }, `${server} cannot be used as it should be: ${reason}: ${remedy}`);
    return begun;
  }

  return {
    failed(what, error) {
      const kind = kindOf(error);
      if (!kind) return undefined;
      const key = kind.ofObjects ? `${kind.reason} ${textOf(error)}` : kind.reason;
      const known = active.get(key) ?? begin(key, kind, error);
      if (known) {
        known.lastAt = performance.now();
        if (known.names.size < MAX_NAMES) known.names.add(what);
      }
      return kind;
    },
    succeeded(what) {
      if (active.size === 0) return;
      const before = performance.now() - QUIET_MS;
      for (const [key, { kind, names, lastAt }] of active) {
        if (lastAt > before || !(kind.ofConnections || names.has(what))) continue;
        active.delete(key);
        logger?.info({ reason: kind.reason }, `${server} works again: it is over (${kind.reason})`);
      }
    },
    speak() {
      speaks = true;
    },
    reason() {
      const before = performance.now() - DOUBT_MS;
      const lasting = [...active.values()].filter(({ kind, lastAt }) => !kind.ofConnections && lastAt > before);
      const reasons = lasting.map(({ kind }) => kind.reason);
      return reasons.length === 0 ? undefined : [...new Set(reasons)].join(', ');
    },
  };
}
