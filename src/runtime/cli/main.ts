// The command line, `chat-service`: runs a command, then exits with 0, or prints one error line and exits with 1.

import { withoutValues } from '../../database/errors.ts';
import { ChatError } from '../../protocol/errors.ts';
import { ConfigError } from '../config/config.ts';
import { loadEnvFile } from '../config/env-file.ts';
import { StartError } from '../start-error.ts';
import { addUser, changeAdmin, UsageError } from './user.ts';

const HELP = `chat-service: what an operator does beside the running service

  chat-service user add --email E --username U [--admin] --password-stdin
      makes an account; the password is read from the standard input
  chat-service user admin E [--revoke]
      makes the account with the email E an admin, or takes that back
  chat-service --help

It reads the same environment and .env as the service. On the embedded database
it runs while the service does not.
`;

/** A command, and the words that name it. Returns what to print when it is done. */
type Command = (words: readonly string[]) => Promise<string>;

const COMMANDS: Readonly<Record<string, Command>> = { 'user add': addUser, 'user admin': changeAdmin };

function find(words: readonly string[]): () => Promise<string> {
  if (words.includes('--help') || words.includes('-h') || words[0] === 'help') return async () => HELP;
  const name = words.slice(0, 2).join(' ');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return () => command(words.slice(2));
  throw new UsageError(name === '' ? 'Say what to do' : `There is no command "${name}"`);
}

/** One line, without a stack. For a failed statement only what the server said, never its values. */
function reason(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}: chat-service --help says what there is`;
  if (error instanceof ConfigError || error instanceof StartError || error instanceof ChatError) return error.message;
  const clean = withoutValues(error) as { message?: unknown; code?: unknown };
  return `It failed: ${String(clean.message || clean.code || error)}`;
}

try {
  const run = find(process.argv.slice(2));
  loadEnvFile();
  process.stdout.write(await run());
} catch (error) {
  process.stderr.write(`${reason(error).replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = 1;
}
// A connection that a silent server never closes would keep the process alive.
process.exit();
