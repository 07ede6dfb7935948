// The rows of accounts: inserted, found by email, changed. Names and emails are the same if their folded forms are.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { toChatError } from '../../database/errors.ts';
import { createFoldedNames, foldedKey } from '../../database/folded-names.ts';
import { ChatError } from '../../protocol/errors.ts';
import { type UserRow, userColumns } from '../rows.ts';
import { cutOff } from './sessions.ts';
import { isKnownAddress, noteAddress } from './sign-ins.ts';

/** The most accounts that are tried for one email: in the former service, emails could differ only in case. */
const MAX_SAME_EMAIL = 5;

export type AccountRow = UserRow & {
  password: string;
  /** Somebody signed in to this account from the address before. */
  isKnown: boolean;
  /** Its email is exactly the one that was asked for. */
  isExact: boolean;
};

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly hash: string;
  /** A digest of the address that it signs in from; null if it does not sign in. */
  readonly address: string | null;
  readonly isAdmin?: boolean;
}

export interface ProfileChange {
  readonly username?: string | undefined;
  readonly avatar?: string | null | undefined;
  /** The hash of the new password; null if the password stays. */
  readonly password: string | null;
}

export interface VerifiedAccount {
  readonly id: number;
  /** The password hash that was verified. */
  readonly current: string;
  /** The session that stays valid if the password changes. */
  readonly tokenId: string;
}

export interface AccountRows {
  /** Throws EMAIL_TAKEN, USERNAME_TAKEN. A soft-deleted account keeps its email and its name. */
  assertFree(username: string, email: string): Promise<void>;
  /** Returns undefined if somebody has the name or the email already. */
  insert(user: NewUser): Promise<UserRow | undefined>;
  /** Accounts with exactly this email first, then in other cases, the oldest first. `address` is a digest. */
  findByEmail(email: string, address: string): Promise<AccountRow[]>;
  /** Returns undefined if the account is deleted. */
  read(id: number, address: string): Promise<Pick<AccountRow, 'username' | 'password' | 'isKnown'> | undefined>;
  /** Throws USERNAME_TAKEN if somebody else has the name. */
  refuseTakenName(id: number, username: string): Promise<void>;
  /** Returns undefined if `current` is no longer the password hash. Throws USERNAME_TAKEN. */
  update(account: VerifiedAccount, change: ProfileChange): Promise<UserRow | undefined>;
}

export function createAccountRows(db: Database): AccountRows {
  const names = createFoldedNames(db);

  return {
    async assertFree(username, email) {
      await names.settle();
      const [taken] = await rows<{ email: boolean; username: boolean }>(
        db,
        sql`select exists (select 1 from users u where ${hasEmail(email)}) as "email",
          exists (select 1 from users u where ${hasName(username)}) as "username"`,
      );
      if (taken?.email) throw new ChatError('EMAIL_TAKEN');
      if (taken?.username) throw new ChatError('USERNAME_TAKEN');
    },

    insert: (user) => insertUser(db, user),

    async findByEmail(email, address) {
      // In this order and both for any email, so that the time it takes does not tell whether the account exists.
      const isSettled = await names.isSettled();
      const found = await findByEmail(db, email, address);
      if (isSettled) return found;
      await (found.some(({ isExact }) => isExact) ? names.settleSome() : names.settle());
      return findByEmail(db, email, address);
    },

    async read(id, address) {
      const [account] = await rows<Pick<AccountRow, 'username' | 'password' | 'isKnown'>>(
        db,
        sql`select u."username", u."password", ${isKnownAddress(address)} as "isKnown" from users u
          where u."id" = ${id}::int and u."deletedAt" is null`,
      );
      return account;
    },

    async refuseTakenName(id, username) {
      await names.settle();
      const [taken] = await rows(
        db,
        sql`select 1 from users u where ${hasName(username)} and u."id" <> ${id}::int limit 1`,
      );
      if (taken) throw new ChatError('USERNAME_TAKEN');
    },

    update(account, change) {
      const { username } = change;
      return username === undefined ? updateUser(db, account, change) : rename(db, account, { ...change, username });
    },
  };
}

function hasEmail(email: string) {
  return sql`(u."foldedEmail" = ${foldedKey(email)}::text or u."email" = ${email}::text)`;
}

function hasName(username: string) {
  return sql`(u."foldedUsername" = ${foldedKey(username)}::text or u."username" = ${username}::text)`;
}

function findByEmail(db: Database, email: string, address: string): Promise<AccountRow[]> {
  return rows<AccountRow>(
    db,
    sql`select ${userColumns}, u."password", ${isKnownAddress(address)} as "isKnown", u."email" = ${email}::text as "isExact"
      from users u where ${hasEmail(email)} and u."deletedAt" is null
      order by "isExact" desc, u."id" limit ${MAX_SAME_EMAIL}::int`,
  );
}

async function insertUser(db: Database, user: NewUser): Promise<UserRow | undefined> {
  const { username, email, hash, address, isAdmin = false } = user;
  const [made] = await rows<UserRow>(
    db,
    sql`with made as (
        insert into users as u ("username", "email", "password", "isAdmin", "foldedUsername", "foldedEmail", "isNameUnique")
        values (${username}::text, ${email}::text, ${hash}::text, ${isAdmin}::boolean,
          ${foldedKey(username)}::text, ${foldedKey(email)}::text, true)
        on conflict do nothing returning ${userColumns}
      ), noted as (${noteAddress(sql`select "id" from made`, address)})
      select * from made`,
  );
  return made;
}

/** The database clears the folded name when a name changes. So this sets it again in the same transaction. */
async function rename(db: Database, account: VerifiedAccount, change: ProfileChange & { readonly username: string }) {
  const { username } = change;
  try {
    return await db.transaction(async (tx) => {
      const user = await updateUser(tx, account, change);
      if (!user) return undefined;
      await rows(
        tx,
        sql`update users set "foldedUsername" = ${foldedKey(username)}::text, "isNameUnique" = true where "id" = ${account.id}::int`,
      );
      return user;
    });
  } catch (error) {
    // Somebody took the name at the same time.
    throw toChatError(error) ?? error;
  }
}

async function updateUser(db: Database, { id, current, tokenId }: VerifiedAccount, change: ProfileChange) {
  const ended = cutOff(sql`select "id" from changed where ${change.password !== null}::boolean`, tokenId);
  const [user] = await rows<UserRow>(
    db,
    sql`with changed as (
        update users u set
          "username" = coalesce(${change.username ?? null}::text, u."username"),
          "avatar" = case when ${change.avatar !== undefined}::boolean then ${change.avatar || null}::text else u."avatar" end,
          "password" = coalesce(${change.password}::text, u."password"),
          "updatedAt" = now() at time zone 'utc'
        where u."id" = ${id}::int and u."password" = ${current}::text and u."deletedAt" is null
        returning ${userColumns}
      ), ended as (${ended})
      select * from changed`,
  );
  return user;
}
