// How answers of Redis 6 and 7 and of Valkey are understood, of commands and from inside scripts.
import { expect, it } from 'vitest';
import { kindOf, serverText } from './refusals.ts';

const replied = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

it.each([
  ["READONLY You can't write against a read only replica.", 'read-only'],
  [
    "READONLY You can't write against a read only replica. script: 0123456789012345678901234567890123456789, on @user_script:3.",
    'read-only',
  ],
  [
    "ERR Error running script (call to f_0123456789012345678901234567890123456789): @user_script:3: -READONLY You can't write against a read only replica.",
    'read-only',
  ],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'a replica without its primary'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'out of memory'],
  [
    "ERR Error running script (call to f_0123456789012345678901234567890123456789): @user_script: 9: -OOM command not allowed when used memory > 'maxmemory'.",
    'out of memory',
  ],
  ["NOPERM this user has no permissions to run the 'publish' command", 'permission denied'],
  ["NOPERM User chat has no permissions to run the 'publish' command", 'permission denied'],
  ['NOPERM this user has no permissions to access one of the channels used as arguments', 'permission denied'],
  [
    "ERR The user executing the script can't run this command or subcommand script: 0123456789012345678901234567890123456789, on @user_script:3.",
    'permission denied',
  ],
  ["ERR ACL failure in script: User chat has no permissions to run the 'hset' command", 'permission denied'],
  ['NOAUTH Authentication required.', 'user or password refused'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'user or password refused'],
  ['DENIED Redis is running in protected mode because protected mode is enabled', 'protected mode'],
  ['LOADING Redis is loading the dataset in memory', 'loading its data'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'busy with a script'],
  ['CLUSTERDOWN Hash slot not served', 'the cluster is down'],
  [
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    'cannot save to disk',
  ],
  ['NOREPLICAS Not enough good replicas to write.', 'too few replicas'],
  ['ERR max number of clients reached', 'too many clients'],
  ["ERR unknown command 'EVALSHA', with args beginning with: 'abc' '1' ", 'commands are refused'],
])('%s', (said, reason) => {
  expect(kindOf(replied(said))?.reason).toBe(reason);
});

it.each([
  'MOVED 3999 127.0.0.1:6381',
  'ASK 3999 127.0.0.1:6381',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'NOSCRIPT No matching script. Please use EVAL.',
])('makes nothing of %s, which passes by itself', (said) => {
  expect(kindOf(replied(said))).toBeUndefined();
});

it.each([new Error('connect ECONNREFUSED'), new Error('READONLY is a word'), 'text', undefined, null, 7])(
  'makes nothing of what no server said',
  (error) => {
    expect(kindOf(error)).toBeUndefined();
  },
);

it('finds what a node of a cluster said in the error that the client makes of it', () => {
  const all = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: replied('NOAUTH no') });
  expect(kindOf(all)?.reason).toBe('user or password refused');
  const redirected = new Error(
    'Too many Cluster redirections. Last error: ReplyError: CLUSTERDOWN The cluster is down',
  );
  expect(kindOf(redirected)?.reason).toBe('the cluster is down');
});

it('never tells what was in a command', () => {
  const error = Object.assign(replied("ERR unknown command 'PUBLISH', with args beginning with: 'c:1' 'a secret' "), {
    command: { name: 'publish', args: ['c:1', 'a secret'] },
  });
  expect(serverText(error)).toBe("ERR unknown command 'PUBLISH'");
});
