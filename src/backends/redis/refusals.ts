// A Redis that answers but does not do its work: a replica, a full server, a missing right. The kinds are told apart by
// what it says.

import type { Logger } from '../../lib/logger.ts';
import { createRefusals, type RefusalKind, type Refusals } from '../../lib/refusals.ts';

export interface RedisRefusal extends RefusalKind {
  /** Another server may have taken its place, so a new link may lead there. */
  readonly moved?: true;
}

/** `what` is the name of a link. */
export type RedisRefusals = Refusals<RedisRefusal>;

const NO_RIGHT: RedisRefusal = {
  reason: 'permission denied',
  remedy: 'grant the user of this service the commands, keys and channels that it needs (ACL SETUSER)',
  ofObjects: true,
};
const NO_USER: RedisRefusal = { reason: 'user or password refused', remedy: 'check REDIS_URL, or REDIS_PASSWORD' };
const OTHER: RedisRefusal = { reason: 'commands are refused', remedy: 'look at what it said' };

/** By the first word of the answer. */
const KINDS: Readonly<Record<string, RedisRefusal | undefined>> = Object.assign(Object.create(null), {
  READONLY: {
    reason: 'read-only',
    remedy: 'it is a replica: lead to the primary; links are made anew',
    moved: true,
  },
  MASTERDOWN: {
    reason: 'a replica without its primary',
    remedy: 'lead to the primary, or bring it back; links are made anew',
    moved: true,
  },
  OOM: { reason: 'out of memory', remedy: 'raise maxmemory, or take out what else is kept there' },
  NOPERM: NO_RIGHT,
  NOAUTH: NO_USER,
  WRONGPASS: NO_USER,
  DENIED: { reason: 'protected mode', remedy: 'give it a password, or bind it to a network of its own' },
  LOADING: { reason: 'loading its data', remedy: 'it is tried again until that is done' },
  BUSY: { reason: 'busy with a script', remedy: 'end it (SCRIPT KILL)' },
  CLUSTERDOWN: { reason: 'the cluster is down', remedy: 'bring back the masters whose slots are served by nobody' },
  MISCONF: { reason: 'cannot save to disk', remedy: 'look at its disk, or set stop-writes-on-bgsave-error to no' },
  NOREPLICAS: { reason: 'too few replicas', remedy: 'bring back replicas, or lower min-replicas-to-write' },
} satisfies Record<string, RedisRefusal>);

/** If the word is ERR, or the text was put into another one. */
const BY_TEXT: ReadonlyArray<readonly [RegExp, RedisRefusal]> = [
  [/max number of clients/i, { reason: 'too many clients', remedy: 'raise maxclients, or lower the number of nodes' }],
  [/the user executing the script can't|ACL failure in script/i, NO_RIGHT],
];
/** At the beginning, or after what a script or the client put before it. */
const WORD = new RegExp(`(?:^|[:-] ?)(${Object.keys(KINDS).join('|')})\\b`);
/** What the client follows or handles by itself. */
const PASSING = /^(?:MOVED|ASK|TRYAGAIN|NOSCRIPT|NOPROTO|EXECABORT|UNBLOCKED)\b/;
/** For a refused command the server may quote its arguments. For a script, it says which one and where. */
const QUOTED = /,? with args beginning with.*| script: [0-9a-f]{40}.*|\(call to f_[0-9a-f]{40}\)/gs;
const MAX_TEXT = 200;

export function createRedisRefusals(logger?: Logger): RedisRefusals {
  const refusals = createRefusals({ server: 'Redis', kindOf, textOf: serverText, ...(logger && { logger }) });
  refusals.speak();
  return refusals;
}

/** Undefined for what is no answer of a server (such as a lost link), and for what passes by itself. */
export function kindOf(error: unknown): RedisRefusal | undefined {
  const reply = replyIn(error);
  if (reply === undefined) return undefined;
  const byText = BY_TEXT.find(([text]) => text.test(reply))?.[1];
  const word = WORD.exec(reply)?.[1];
  return byText ?? (word === undefined ? undefined : KINDS[word]) ?? (PASSING.test(reply) ? undefined : OTHER);
}

/** What happened, without the command's arguments. The client attaches these to its errors, including passwords. */
export function serverText(error: unknown): string {
  const { message, code } = fieldsOf(error);
  const text = replyIn(error) ?? (String(message ?? '') || String(code ?? 'nothing'));
  return text.replace(QUOTED, '').replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT);
}

/** The server's answer that the error is or contains. */
function replyIn(error: unknown): string | undefined {
  const { name, message, lastNodeError } = fieldsOf(error);
  if (name === 'ReplyError' || /\bReplyError: |^Ready check failed: /.test(String(message))) {
    return String(message).replace(/^.*?(?:ReplyError|Ready check failed): /s, '');
  }
  return lastNodeError === undefined ? undefined : replyIn(lastNodeError);
}

function fieldsOf(error: unknown): { name?: unknown; message?: unknown; code?: unknown; lastNodeError?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
