// Accounts: registering, signing in, the profile, finding each other.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { foldedKey } from '../../database/folded-names.ts';
import type { Deadline } from '../../lib/deadline.ts';
import { decode } from '../../protocol/decode.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { LoginBody, ProfileBody, RegisterBody } from '../../protocol/requests.ts';
import type { OwnUser, User } from '../../protocol/resources.ts';
import { isSameUsername, username as newUsername } from '../../protocol/username.ts';
import type { EmailView } from '../email-view.ts';
import { assertInTime, NEVER } from '../in-time.ts';
import { toUser, type UserRow } from '../rows.ts';
import type { AccountsMoved } from '../signal-publisher.ts';
import { type AccountRow, createAccountRows } from './account-rows.ts';
import type { FailureLimit } from './failure-limit.ts';
import type { Askers, Match, Passwords } from './passwords.ts';
import type { Actor, Principal, TokenClaims } from './principal.ts';
import type { Sessions } from './sessions.ts';
import { type ChangeSettings, createChangeSettings } from './settings.ts';
import { beginSession } from './sign-ins.ts';
import type { Digest, Tokens } from './tokens.ts';
import { createUserSearch } from './user-search.ts';

export interface SignedIn {
  readonly user: OwnUser;
  readonly token: string;
}

/** The client's address, in the form in which it is counted. */
export type ClientAddress = string;

/** Calls throw UNAVAILABLE, and change nothing, if the deadline passes before they write. */
export interface Accounts {
  /** Throws EMAIL_TAKEN, USERNAME_TAKEN; FORBIDDEN for a reserved email address. */
  register(body: RegisterBody, from: ClientAddress, deadline?: Deadline): Promise<SignedIn>;
  /** Throws INVALID_CREDENTIALS, RATE_LIMITED. */
  login(body: LoginBody, from: ClientAddress): Promise<SignedIn>;
  profile(principal: Principal): OwnUser;
  /** A new password ends all sessions except that of `token`. Throws WRONG_PASSWORD, USERNAME_TAKEN, RATE_LIMITED. */
  updateProfile(
    principal: Principal,
    body: ProfileBody,
    token: TokenClaims,
    from: ClientAddress,
    deadline?: Deadline,
  ): Promise<OwnUser>;
  changeSettings: ChangeSettings;
  /** Users with this text in their name, in any case: that exact name first, then names that begin with it. */
  search(actor: Actor, text: string): Promise<User[]>;
}

export interface AccountsDependencies {
  readonly db: Database;
  readonly tokens: Pick<Tokens, 'issue'>;
  readonly passwords: Passwords;
  readonly sessions: Pick<Sessions, 'propagate'>;
  readonly failures: FailureLimit;
  readonly digest: Digest;
  readonly accountsMoved: AccountsMoved;
  readonly emails: EmailView;
  /** Email addresses that nobody can register, because they make a user an admin. */
  readonly reservedEmails: readonly string[];
}

export function createAccounts(deps: AccountsDependencies): Accounts {
  const { db, tokens, passwords, failures, digest, emails } = deps;
  const accountRows = createAccountRows(db);
  const reserved = new Set(deps.reservedEmails);

  async function signIn(row: UserRow, generation: number): Promise<SignedIn> {
    const user = toUser(row);
    return { user, token: await tokens.issue(user, generation) };
  }

  return {
    changeSettings: createChangeSettings(deps),

    async register({ username, email, password }, from, deadline = NEVER) {
      if (reserved.has(email)) throw new ChatError('FORBIDDEN', 'This address cannot be registered');
      await accountRows.assertFree(username, email);
      const hash = await passwords.hash(password, [`address:${from}`]);
      assertInTime(deadline);
      const user = await accountRows.insert({ username, email, hash, address: digest(from) });
      if (user) return signIn(user, 0);
      // Somebody took the email or the name while the password was hashed.
      await accountRows.assertFree(username, email);
      throw new ChatError('UNAVAILABLE');
    },

    async login(body, from) {
      // Tried twice, because another request may replace the stored hash after it was verified.
      const signedIn = (await tryLogin(body, from)) ?? (await tryLogin(body, from));
      if (!signedIn) throw new ChatError('INVALID_CREDENTIALS');
      return signedIn;
    },

    profile: ({ id, username, email, avatar, createdAt }) => ({ id, username, email, avatar, createdAt }),

    async updateProfile({ id, email }, body, { tokenId }, from, deadline = NEVER) {
      const account = await accountRows.read(id, digest(from));
      const username = account && changedName(account.username, body.username);
      const askers = [`user:${id}`];
      const isRight = await failures.guard(email, account?.isKnown === true, () =>
        passwords.verify(account?.password, body.currentPassword, askers),
      );
      if (!account) throw new ChatError('UNAUTHORIZED');
      if (!isRight) throw new ChatError('WRONG_PASSWORD');
      if (username !== undefined) await accountRows.refuseTakenName(id, username);
      const password = body.password === undefined ? null : await passwords.hash(body.password, askers);
      assertInTime(deadline);
      const user = await accountRows.update(
        { id, current: account.password, tokenId },
        { ...body, username, password },
      );
      // The password was changed by another request just now.
      if (!user) throw new ChatError('WRONG_PASSWORD');
      deps.accountsMoved([id]);
      if (password !== null) await deps.sessions.propagate();
      return toUser(user);
    },

    search: createUserSearch({ db, emails }),
  };

  /** Returns undefined if the hash that was verified is no longer that of the account. */
  async function tryLogin({ email, password }: LoginBody, from: ClientAddress): Promise<SignedIn | undefined> {
    const address = digest(from);
    const accounts = await accountRows.findByEmail(email, address);
    const known = accounts.filter(({ isKnown }) => isKnown);
    const askers = known[0] ? [`pair:${known[0].id}:${from}`] : [`address:${from}`, `account:${foldedKey(email)}`];
    let matching: MatchingAccount[] = [];
    const isRight = await failures.guard(email, known.length > 0, async (isLimited) => {
      const candidates = isLimited ? known : accounts;
      const hashes = candidates.map((account) => account.password);
      const matches = await passwords.match(hashes, password, askers);
      matching = matches.map(({ index, isOutdated }) => ({ account: candidates[index] as AccountRow, isOutdated }));
      return matching.length > 0;
    });
    if (!isRight) throw new ChatError('INVALID_CREDENTIALS');
    const { account, isOutdated } = pickAccount(matching);
    const hash = isOutdated ? await renew(account, password, askers) : account.password;
    const generation = await beginSession(db, { userId: account.id, hash, address });
    return generation === undefined ? undefined : signIn(account, generation);
  }

  /** Returns the new hash of the account. */
  async function renew(account: AccountRow, password: string, askers: Askers): Promise<string> {
    const hash = await passwords.hash(password, askers);
    await rows(
      db,
      sql`update users set "password" = ${hash}::text
        where "id" = ${account.id}::int and "password" = ${account.password}::text`,
    );
    return hash;
  }
}

type MatchingAccount = Pick<Match, 'isOutdated'> & { readonly account: AccountRow };

/** Accounts whose emails differ only in case may belong to two people, or to one with the same password for both. */
function pickAccount(matching: readonly MatchingAccount[]): MatchingAccount {
  const exact = matching.find(({ account }) => account.isExact);
  const [only, ...others] = matching;
  const one = exact ?? (others.length === 0 ? only : undefined);
  if (one) return one;
  throw new ChatError(
    'INVALID_CREDENTIALS',
    'Several accounts have this email, in other cases: write it exactly as it was registered',
  );
}

/** Returns undefined if the name stays, even if it could not be chosen today. Throws VALIDATION_FAILED. */
function changedName(present: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined || isSameUsername(present, wanted)) return undefined;
  const name = decode(newUsername, wanted);
  if (name.ok) return name.data;
  throw new ChatError('VALIDATION_FAILED', undefined, {
    details: name.details.map(({ message }) => ({ path: 'username', message })),
  });
}
