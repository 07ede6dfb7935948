// A server that answers but refuses its work. The log hears once when a refusal begins, when it changes and when it is
// over. While it lasts, anyone may ask for it.
import type { Logger } from './logger.ts';

export interface RefusalKind {
  /** For `/ready`, and in the log. */
  readonly reason: string;
  readonly remedy: string;
  /** The server's text names an object (such as a table), so each object has its own line. */
  readonly ofObjects?: true;
  /**
   * The refusal is about single connections, and others may work. So requests find out by trying, and any success ends
   * it. Otherwise it ends only when something succeeds that has failed for this reason.
   */
  readonly ofConnections?: true;
  /** Something else whose success ends it. */
  readonly endedBy?: string;
}

export type Refusals<Kind extends RefusalKind> = ReturnType<typeof createRefusals<Kind>>;

interface RefusalsOptions<Kind> {
  /** The server's name in the log. */
  readonly server: string;
  readonly kindOf: (error: unknown) => Kind | undefined;
  /** What the server said, without values. */
  readonly textOf: (error: unknown) => string | undefined;
  readonly logger?: Logger;
}

/**
 * How long after the last failure a success counts as the end: while some succeed and some fail, nothing has changed.
 */
const QUIET_MS = 5_000;
/** How long after the last failure it may be tried again, because somebody must find out whether it is over. */
const DOUBT_MS = 15_000;
/** How many objects without a right get a line of their own. */
const MAX_ACTIVE = 20;
const MAX_NAMES = 20;

interface Active<Kind> {
  readonly kind: Kind;
  readonly names: Set<string>;
  lastAt: number;
}

export function createRefusals<Kind extends RefusalKind>(options: RefusalsOptions<Kind>) {
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
    /**
     * Something failed. `what` names it: if it later succeeds, the reason is gone. Returns the kind of refusal, if it
     * is one.
     */
    failed(what: string, error: unknown): Kind | undefined {
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
    /** Something succeeded. Costs nothing if nothing is refused. */
    succeeded(what: string): void {
      if (active.size === 0) return;
      const before = performance.now() - QUIET_MS;
      for (const [key, { kind, names, lastAt }] of active) {
        if (lastAt > before || !(kind.ofConnections || names.has(what))) continue;
        active.delete(key);
        logger?.info({ reason: kind.reason }, `${server} works again: it is over (${kind.reason})`);
      }
    },
    /** From now on, refusals are logged. Before that, the start itself reports what is wrong. */
    speak(): void {
      speaks = true;
    },
    /** Why the server cannot be relied on now, in few words and without values. Undefined if it can. */
    reason(): string | undefined {
      const before = performance.now() - DOUBT_MS;
      const lasting = [...active.values()].filter(({ kind, lastAt }) => !kind.ofConnections && lastAt > before);
      const reasons = lasting.map(({ kind }) => kind.reason);
      return reasons.length === 0 ? undefined : [...new Set(reasons)].join(', ');
    },
  };
}
