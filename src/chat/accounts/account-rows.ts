// The rows of accounts: made once, found by the email, changed. Names and emails are the same where their folded forms are.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { toChatError } from '../../database/errors.ts';
import { createFoldedNames, foldedKey } from '../../database/folded-names.ts';
import { ChatError } from '../../protocol/errors.ts';
import { type UserRow, userColumns } from '../rows.ts';
import { cutOff } from './sessions.ts';
import { isKnownAddress, noteAddress } from './sign-ins.ts';

/** Of accounts whose emails are the same but for the case, so many are looked at: the former service told them apart. */
const MAX_SAME = 5;

export type AccountRow = UserRow & {
  password: string;
  /** Somebody signed in to it from this address before. */
  isKnown: boolean;
  /** Its email is the one that was asked for, to the letter. */
  isExact: boolean;
};

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly hash: string;
  /** A digest of where it signs in from; null where it does not. */
  readonly address: string | null;
  readonly isAdmin?: boolean;
}

export interface ProfileChange {
  readonly username?: string | undefined;
  readonly avatar?: string | null | undefined;
  /** Its hash; null where it stays. */
  readonly password: string | null;
}

export interface Whose {
  readonly id: number;
  /** The password hash that was verified. */
  readonly current: string;
  /** The session that stays good where the password changes. */
  readonly tokenId: string;
}

export interface AccountRows {
  /** Throws EMAIL_TAKEN, USERNAME_TAKEN. A soft-deleted account keeps its email and its name. */
  refuseTaken(username: string, email: string): Promise<void>;
  /** Gives undefined where somebody has one of them already. */
  insert(user: NewUser): Promise<UserRow | undefined>;
  /** Those with this very email first, then those where it differs in case, the oldest first. `address` is a digest. */
  findByEmail(email: string, address: string): Promise<AccountRow[]>;
  /** Gives undefined where it is deleted. */
  read(id: number, address: string): Promise<Pick<AccountRow, 'username' | 'password' | 'isKnown'> | undefined>;
  /** Throws USERNAME_TAKEN where somebody else has it. */
  refuseTakenName(id: number, username: string): Promise<void>;
  /** Gives undefined where `current` is not the password hash any more. Throws USERNAME_TAKEN. */
  update(whose: Whose, change: ProfileChange): Promise<UserRow | undefined>;
}

export function createAccountRows(db: Database): AccountRows {
  const names = createFoldedNames(db);

  return {
    async refuseTaken(username, email) {
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
      // In this order, and both for whatever email: how long it takes tells nothing.
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

    update(whose, change) {
      const { username } = change;
      return username === undefined ? updateUser(db, whose, change) : rename(db, whose, { ...change, username });
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
      order by "isExact" desc, u."id" limit ${MAX_SAME}::int`,
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

/** The database forgets the folded name with the old one, whoever changes it: it is set anew before anybody sees that. */
async function rename(db: Database, whose: Whose, change: ProfileChange & { readonly username: string }) {
  const { username } = change;
  try {
    return await db.transaction(async (tx) => {
      const user = await updateUser(tx, whose, change);
      if (!user) return undefined;
      await rows(
        tx,
        sql`update users set "foldedUsername" = ${foldedKey(username)}::text, "isNameUnique" = true where "id" = ${whose.id}::int`,
      );
      return user;
    });
  } catch (error) {
    // Somebody took the name at the same time.
    throw toChatError(error) ?? error;
  }
}

async function updateUser(db: Database, { id, current, tokenId }: Whose, change: ProfileChange) {
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
