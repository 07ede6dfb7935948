// What an operator does from the command line: adds an account, makes an account an admin or takes that back.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { RegisterBody } from '../../protocol/requests.ts';
import type { OwnUser } from '../../protocol/resources.ts';
import { toUser } from '../rows.ts';
import { createAccountRows } from './account-rows.ts';
import type { Passwords } from './passwords.ts';

export interface Admins {
  /** Throws EMAIL_TAKEN, USERNAME_TAKEN. */
  add(body: RegisterBody, isAdmin: boolean): Promise<OwnUser>;
  /** The account has exactly this email, or is the only one that has it in another case. Throws USER_NOT_FOUND. */
  set(email: string, isAdmin: boolean): Promise<OwnUser>;
}

/** No address has this digest. */
const NO_ADDRESS = '';

export function createAdmins({ db, passwords }: { db: Database; passwords: Pick<Passwords, 'hash'> }): Admins {
  const accountRows = createAccountRows(db);

  return {
    async add({ username, email, password }, isAdmin) {
      await accountRows.assertFree(username, email);
      const hash = await passwords.hash(password, []);
      const user = await accountRows.insert({ username, email, hash, address: null, isAdmin });
      if (user) return toUser(user);
      // Somebody took the email or the name while the password was hashed.
      await accountRows.assertFree(username, email);
      throw new ChatError('UNAVAILABLE');
    },

    async set(email, isAdmin) {
      const [first, second] = await accountRows.findByEmail(email, NO_ADDRESS);
      if (!first) throw new ChatError('USER_NOT_FOUND', `There is no account with the email ${email}`);
      if (second && !first.isExact) {
        throw new ChatError(
          'USER_NOT_FOUND',
          `Several accounts have the email ${email} in other cases: say it exactly`,
        );
      }
      await rows(db, sql`update users set "isAdmin" = ${isAdmin}::boolean where "id" = ${first.id}::int`);
      return toUser(first);
    },
  };
}
