// `user add` and `user admin`: create and change accounts in the database itself.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { createAdmins } from '../../chat/accounts/admins.ts';
import { createPasswords } from '../../chat/accounts/passwords.ts';
import { decode } from '../../protocol/decode.ts';
import { registerBody } from '../../protocol/requests.ts';
import { readCommandConfig, withSchema } from './command.ts';

/** The command line has something that no command takes. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** More than any password with a line break. */
const LONGEST_INPUT = 4096;

/** `--email E --username U [--admin] --password-stdin` */
export async function addUser(words: readonly string[]): Promise<string> {
  const { values } = parse(words, {
    email: { type: 'string' },
    username: { type: 'string' },
    admin: { type: 'boolean', default: false },
    'password-stdin': { type: 'boolean', default: false },
  });
  const { email, username, admin } = values;
  if (typeof email !== 'string' || typeof username !== 'string') throw new UsageError('Give --email and --username');
  if (!values['password-stdin']) throw new UsageError('Give --password-stdin, and the password on the standard input');
  const decoded = decode(registerBody, { email, username, password: await readPassword() });
  if (!decoded.ok) throw new UsageError(decoded.details.map(({ path, message }) => `${path}: ${message}`).join('; '));
  const user = await withSchema(readCommandConfig(), ({ db }) =>
    createAdmins({ db, passwords: createPasswords() }).add(decoded.data, admin === true),
  );
  return `Made the account ${user.id}, ${user.username} (${user.email})${admin ? ', an admin' : ''}\n`;
}

/** `E [--revoke]` */
export async function changeAdmin(words: readonly string[]): Promise<string> {
  const { values, positionals } = parse(words, { revoke: { type: 'boolean', default: false } }, true);
  const [email, ...more] = positionals;
  if (email === undefined || more.length > 0) throw new UsageError('Give one email address');
  const isAdmin = !values.revoke;
  const config = readCommandConfig();
  const user = await withSchema(config, ({ db }) =>
    createAdmins({ db, passwords: createPasswords() }).set(email, isAdmin),
  );
  const who = `${user.username} (${user.email})`;
  if (isAdmin) return `${who} is an admin\n`;
  if (config.adminEmails.includes(user.email))
    return `${who} is still an admin, because ADMIN_EMAILS has the address\n`;
  return `${who} is no admin\n`;
}

function parse(words: readonly string[], options: NonNullable<ParseArgsConfig['options']>, allowPositionals = false) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals, strict: true });
  } catch (error) {
    // The first sentence of its message names the wrong option.
    throw new UsageError(String((error as Error).message).split('. ')[0] as string);
  }
}

/** All of standard input, except for a line break at its end. */
async function readPassword(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > LONGEST_INPUT) throw new UsageError('The password on the standard input is too long');
  }
  return text.replace(/\r?\n$/, '');
}
