// Accounts: registering, signing in, the profile, finding each other.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';
import { toChatError } from '../database/errors.ts';
import { ChatError } from '../protocol/errors.ts';
import type { LoginBody, ProfileBody, RegisterBody } from '../protocol/requests.ts';
import type { User } from '../protocol/resources.ts';
import { createPasswords } from './passwords.ts';
import type { Principal } from './principal.ts';
import { toUser, type UserRow, userColumns } from './rows.ts';
import type { Tokens } from './tokens.ts';

const MAX_FOUND = 10;

export interface SignedIn {
  readonly user: User;
  readonly token: string;
}

export interface Accounts {
  /** Throws EMAIL_TAKEN, USERNAME_TAKEN. */
  register(body: RegisterBody): Promise<SignedIn>;
  /** Throws INVALID_CREDENTIALS. */
  login(body: LoginBody): Promise<SignedIn>;
  profile(principal: Principal): User;
  /** Throws WRONG_PASSWORD, USERNAME_TAKEN. */
  updateProfile(principal: Principal, body: ProfileBody): Promise<User>;
  /** Users with this in their name, any case: that very name first, then names that begin with it. */
  search(text: string): Promise<User[]>;
}

export function createAccounts({ db, tokens }: { db: Database; tokens: Tokens }): Accounts {
  const passwords = createPasswords();

  async function signIn(row: UserRow): Promise<SignedIn> {
    const user = toUser(row);
    return { user, token: await tokens.issue(user) };
  }

  return {
    async register({ username, email, password }) {
      await refuseTaken(db, username, email);
      const user = await insertUser(db, username, email, await passwords.hash(password));
      if (user) return signIn(user);
      // Somebody took one of them while the password was hashed.
      await refuseTaken(db, username, email);
      throw new ChatError('UNAVAILABLE');
    },

    async login({ email, password }) {
      const account = await findByEmail(db, email);
      const right = await passwords.verify(account?.password, password);
      if (!account || !right) throw new ChatError('INVALID_CREDENTIALS');
      if (passwords.needsRehash(account.password)) await rehash(account, await passwords.hash(password));
      return signIn(account);
    },

    profile: ({ id, username, email, avatar, createdAt }) => ({ id, username, email, avatar, createdAt }),

    async updateProfile({ id }, body) {
      const current = await readPassword(db, id);
      const right = await passwords.verify(current, body.currentPassword);
      if (current === undefined) throw new ChatError('UNAUTHORIZED');
      if (!right) throw new ChatError('WRONG_PASSWORD');
      const password = body.password === undefined ? null : await passwords.hash(body.password);
      const user = await updateUser(db, id, current, { ...body, password });
      // The password was changed by another request just now.
      if (!user) throw new ChatError('WRONG_PASSWORD');
      return toUser(user);
    },

    async search(text) {
      const pattern = text.replace(/[\\%_]/g, '\\$&');
      const found = await rows<UserRow>(
        db,
        sql`select ${userColumns} from users u
          where u."username" ilike ${`%${pattern}%`}::text and u."deletedAt" is null
          order by u."username" ilike ${pattern}::text desc, u."username" ilike ${`${pattern}%`}::text desc, u."username"
          limit ${MAX_FOUND}::int`,
      );
      return found.map(toUser);
    },
  };

  async function rehash(account: AccountRow, hash: string): Promise<void> {
    await rows(
      db,
      sql`update users set "password" = ${hash}::text
        where "id" = ${account.id}::int and "password" = ${account.password}::text`,
    );
  }
}

type AccountRow = UserRow & { password: string };

/** A soft-deleted account keeps its email and its name. */
async function refuseTaken(db: Database, username: string, email: string): Promise<void> {
  const [taken] = await rows<{ email: boolean; username: boolean }>(
    db,
    sql`select
      exists (select 1 from users where lower("email") = lower(${email}::text)) as "email",
      exists (select 1 from users where "username" = ${username}::text) as "username"`,
  );
  if (taken?.email) throw new ChatError('EMAIL_TAKEN');
  if (taken?.username) throw new ChatError('USERNAME_TAKEN');
}

async function insertUser(db: Database, username: string, email: string, hash: string): Promise<UserRow | undefined> {
  const [user] = await rows<UserRow>(
    db,
    sql`insert into users as u ("username", "email", "password")
      values (${username}::text, ${email}::text, ${hash}::text) on conflict do nothing returning ${userColumns}`,
  );
  return user;
}

/** The former service told `A@x` from `a@x`: the very same spelling goes first. */
async function findByEmail(db: Database, email: string): Promise<AccountRow | undefined> {
  const [account] = await rows<AccountRow>(
    db,
    sql`select ${userColumns}, u."password" from users u
      where lower(u."email") = lower(${email}::text) and u."deletedAt" is null
      order by u."email" = ${email}::text desc, u."id" limit 1`,
  );
  return account;
}

async function readPassword(db: Database, id: number): Promise<string | undefined> {
  const [account] = await rows<{ password: string }>(
    db,
    sql`select "password" from users where "id" = ${id}::int and "deletedAt" is null`,
  );
  return account?.password;
}

interface ProfileChange {
  readonly username?: string | undefined;
  readonly avatar?: string | null | undefined;
  readonly password: string | null;
}

/** Gives undefined where `current` is not the password hash any more. Throws USERNAME_TAKEN. */
async function updateUser(db: Database, id: number, current: string, change: ProfileChange) {
  try {
    const [user] = await rows<UserRow>(
      db,
      sql`update users u set
          "username" = coalesce(${change.username ?? null}::text, u."username"),
          "avatar" = case when ${change.avatar !== undefined}::boolean then ${change.avatar || null}::text else u."avatar" end,
          "password" = coalesce(${change.password}::text, u."password"),
          "updatedAt" = now() at time zone 'utc'
        where u."id" = ${id}::int and u."password" = ${current}::text and u."deletedAt" is null
        returning ${userColumns}`,
    );
    return user;
  } catch (error) {
    throw toChatError(error) ?? error;
  }
}
