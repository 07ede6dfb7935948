// Accounts: registering, signing in, the profile, finding each other.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { toChatError } from '../../database/errors.ts';
import type { Deadline } from '../../lib/deadline.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { LoginBody, ProfileBody, RegisterBody } from '../../protocol/requests.ts';
import type { OwnUser, User } from '../../protocol/resources.ts';
import type { EmailView } from '../email-view.ts';
import { assertInTime, NEVER } from '../in-time.ts';
import { toUser, type UserRow, userColumns } from '../rows.ts';
import type { FailureLimit } from './failure-limit.ts';
import type { Askers, Passwords } from './passwords.ts';
import type { Actor, Principal, TokenClaims } from './principal.ts';
import { cutOff, type Sessions } from './sessions.ts';
import { beginSession, isKnownAddress, noteAddress } from './sign-ins.ts';
import type { Digest, Tokens } from './tokens.ts';

const MAX_FOUND = 10;

export interface SignedIn {
  readonly user: OwnUser;
  readonly token: string;
}

/** Who asks, beside what the token says: the address as it is counted. */
export type From = string;

/** What is not begun by the deadline is not done: UNAVAILABLE. */
export interface Accounts {
  /** Throws EMAIL_TAKEN, USERNAME_TAKEN; FORBIDDEN for an address that is not to be had by registering. */
  register(body: RegisterBody, from: From, deadline?: Deadline): Promise<SignedIn>;
  /** Throws INVALID_CREDENTIALS, RATE_LIMITED. */
  login(body: LoginBody, from: From): Promise<SignedIn>;
  profile(principal: Principal): OwnUser;
  /** A new password ends all sessions but that of `token`. Throws WRONG_PASSWORD, USERNAME_TAKEN, RATE_LIMITED. */
  updateProfile(
    principal: Principal,
    body: ProfileBody,
    token: TokenClaims,
    from: From,
    deadline?: Deadline,
  ): Promise<OwnUser>;
  /** Users with this in their name, any case: that very name first, then names that begin with it. */
  search(actor: Actor, text: string): Promise<User[]>;
}

export interface AccountsDependencies {
  readonly db: Database;
  readonly tokens: Pick<Tokens, 'issue'>;
  readonly passwords: Passwords;
  readonly sessions: Pick<Sessions, 'spread'>;
  readonly failures: FailureLimit;
  readonly digest: Digest;
  readonly emails: EmailView;
  /** Email addresses that nobody can register: whoever did would be an admin. */
  readonly reservedEmails: readonly string[];
}

export function createAccounts(deps: AccountsDependencies): Accounts {
  const { db, tokens, passwords, failures, digest, emails } = deps;
  const reserved = new Set(deps.reservedEmails);

  async function signIn(row: UserRow, generation: number): Promise<SignedIn> {
    const user = toUser(row);
    return { user, token: await tokens.issue(user, generation) };
  }

  return {
    async register({ username, email, password }, from, deadline = NEVER) {
      if (reserved.has(email)) throw new ChatError('FORBIDDEN', 'This address cannot be registered');
      await refuseTaken(db, username, email);
      const hash = await passwords.hash(password, [`address:${from}`]);
      assertInTime(deadline);
      const user = await insertUser(db, { username, email, hash, address: digest(from) });
      if (user) return signIn(user, 0);
      // Somebody took one of them while the password was hashed.
      await refuseTaken(db, username, email);
      throw new ChatError('UNAVAILABLE');
    },

    async login(body, from) {
      // A hash is made anew, or replaced, by others at the same time: what was verified is no longer what is stored.
      const signedIn = (await tryLogin(body, from)) ?? (await tryLogin(body, from));
      if (!signedIn) throw new ChatError('INVALID_CREDENTIALS');
      return signedIn;
    },

    profile: ({ id, username, email, avatar, createdAt }) => ({ id, username, email, avatar, createdAt }),

    async updateProfile({ id, email }, body, { tokenId }, from, deadline = NEVER) {
      const account = await readPassword(db, id, digest(from));
      const askers = [`user:${id}`];
      const right = await failures.guard(email, account?.isKnown === true, () =>
        passwords.verify(account?.password, body.currentPassword, askers),
      );
      if (!account) throw new ChatError('UNAUTHORIZED');
      if (!right) throw new ChatError('WRONG_PASSWORD');
      const password = body.password === undefined ? null : await passwords.hash(body.password, askers);
      assertInTime(deadline);
      const user = await updateUser(db, { id, current: account.password, tokenId }, { ...body, password });
      // The password was changed by another request just now.
      if (!user) throw new ChatError('WRONG_PASSWORD');
      if (password !== null) await deps.sessions.spread();
      return toUser(user);
    },

    async search(actor, text) {
      const pattern = text.replace(/[\\%_]/g, '\\$&');
      const found = await rows<UserRow>(
        db,
        sql`select ${userColumns} from users u
          where u."username" ilike ${`%${pattern}%`}::text and u."deletedAt" is null
          order by u."username" ilike ${pattern}::text desc, u."username" ilike ${`${pattern}%`}::text desc, u."username"
          limit ${MAX_FOUND}::int`,
      );
      return found.map((row) => emails.toSeenUser(row, actor.id));
    },
  };

  /** Gives undefined where the hash that was verified is not that of the account any more. */
  async function tryLogin({ email, password }: LoginBody, from: From): Promise<SignedIn | undefined> {
    const address = digest(from);
    const account = await findByEmail(db, email, address);
    const isKnown = account?.isKnown === true;
    const askers = isKnown ? [`pair:${account.id}:${from}`] : [`address:${from}`, `account:${email.toLowerCase()}`];
    const right = await failures.guard(email, isKnown, () => passwords.verify(account?.password, password, askers));
    if (!account || !right) throw new ChatError('INVALID_CREDENTIALS');
    const hash = await renew(account, password, askers);
    const generation = await beginSession(db, { userId: account.id, hash, address });
    return generation === undefined ? undefined : signIn(account, generation);
  }

  /** Gives the hash that the account has after this: a better one, where there is one. */
  async function renew(account: AccountRow, password: string, askers: Askers): Promise<string> {
    if (!passwords.needsRehash(account.password)) return account.password;
    const hash = await passwords.hash(password, askers);
    await rows(
      db,
      sql`update users set "password" = ${hash}::text
        where "id" = ${account.id}::int and "password" = ${account.password}::text`,
    );
    return hash;
  }
}

type AccountRow = UserRow & { password: string; isKnown: boolean };

/** A soft-deleted account keeps its email and its name. */
export async function refuseTaken(db: Database, username: string, email: string): Promise<void> {
  const [taken] = await rows<{ email: boolean; username: boolean }>(
    db,
    sql`select
      exists (select 1 from users where lower("email") = lower(${email}::text)) as "email",
      exists (select 1 from users where "username" = ${username}::text) as "username"`,
  );
  if (taken?.email) throw new ChatError('EMAIL_TAKEN');
  if (taken?.username) throw new ChatError('USERNAME_TAKEN');
}

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly hash: string;
  /** A digest of where it signs in from; null where it does not. */
  readonly address: string | null;
  readonly isAdmin?: boolean;
}

/** Gives undefined where somebody has one of them already. */
export async function insertUser(db: Database, user: NewUser): Promise<UserRow | undefined> {
  const { username, email, hash, address, isAdmin = false } = user;
  const [made] = await rows<UserRow>(
    db,
    sql`with made as (
        insert into users as u ("username", "email", "password", "isAdmin")
        values (${username}::text, ${email}::text, ${hash}::text, ${isAdmin}::boolean) on conflict do nothing returning ${userColumns}
      ), noted as (${noteAddress(sql`select "id" from made`, address)})
      select * from made`,
  );
  return made;
}

/** The former service told `A@x` from `a@x`: the very same spelling goes first. */
async function findByEmail(db: Database, email: string, address: string): Promise<AccountRow | undefined> {
  const [account] = await rows<AccountRow>(
    db,
    sql`select ${userColumns}, u."password", ${isKnownAddress(address)} as "isKnown" from users u
      where lower(u."email") = lower(${email}::text) and u."deletedAt" is null
      order by u."email" = ${email}::text desc, u."id" limit 1`,
  );
  return account;
}

async function readPassword(db: Database, id: number, address: string) {
  const [account] = await rows<Pick<AccountRow, 'password' | 'isKnown'>>(
    db,
    sql`select u."password", ${isKnownAddress(address)} as "isKnown" from users u
      where u."id" = ${id}::int and u."deletedAt" is null`,
  );
  return account;
}

interface ProfileChange {
  readonly username?: string | undefined;
  readonly avatar?: string | null | undefined;
  readonly password: string | null;
}

interface Whose {
  readonly id: number;
  /** The password hash that was verified. */
  readonly current: string;
  /** The session that stays good where the password changes. */
  readonly tokenId: string;
}

/** Gives undefined where `current` is not the password hash any more. Throws USERNAME_TAKEN. */
async function updateUser(db: Database, { id, current, tokenId }: Whose, change: ProfileChange) {
  const ended = cutOff(sql`select "id" from changed where ${change.password !== null}::boolean`, tokenId);
  try {
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
  } catch (error) {
    throw toChatError(error) ?? error;
  }
}
