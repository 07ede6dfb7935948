// The use cases over a real database, each file twice: on a PostgreSQL server and on the embedded one.
import { randomBytes } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest';
import type { Clock } from '../../src/backends/clock/clock.ts';
import { type Accounts, type AccountsDependencies, createAccounts } from '../../src/chat/accounts/accounts.ts';
import { createAuthenticate } from '../../src/chat/accounts/authenticate.ts';
import { createFailureLimit } from '../../src/chat/accounts/failure-limit.ts';
import { createPasswords } from '../../src/chat/accounts/passwords.ts';
import type { Principal, TokenClaims } from '../../src/chat/accounts/principal.ts';
import { createPrincipals } from '../../src/chat/accounts/principals.ts';
import { createSessionEnds } from '../../src/chat/accounts/session-ends.ts';
import { createSessions, type Sessions } from '../../src/chat/accounts/sessions.ts';
import { createTokens } from '../../src/chat/accounts/tokens.ts';
import type { Announcement } from '../../src/chat/announce.ts';
import { NO_ERASURE } from '../../src/chat/channels/erasure.ts';
import { createEmailView } from '../../src/chat/email-view.ts';
import { createAppend } from '../../src/chat/log/append.ts';
import { createChangeMessage } from '../../src/chat/log/change.ts';
import type { LogEvent } from '../../src/chat/log/event.ts';
import type { MessagePage } from '../../src/chat/messages/pages.ts';
import type { SignalPublisher } from '../../src/chat/signal-publisher.ts';
import { createUseCases, type UseCaseDependencies } from '../../src/chat/use-cases.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { type Database, rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import type { LoginBody, PageQuery, ProfileBody, RegisterBody } from '../../src/protocol/requests.ts';
import { digest } from '../../src/runtime/platform/digest.ts';
import { createDatabase, type Locale } from '../support/postgres.ts';

/** What tokens are signed with here. */
export const SECRET = randomBytes(32).toString('base64url');

export const ADMIN_EMAIL = 'Root@example.com';
export const MAX_TEXT_LENGTH = 100;

/** Where everybody comes from who says nothing else. */
export const ADDRESS = '192.0.2.1';
const SOME_TOKEN: TokenClaims = { userId: 0, expiresAt: 0, tokenId: 'some token', issuedAt: 0, generation: 0 };

/** Content of a message with a text alone. */
export const text = (words: string) => ({ ...EMPTY_CONTENT, text: words, clientId: null });
export const NEWEST = { limit: 20 };

const clock = { now: Date.now, monotonic: () => performance.now(), defer: setImmediate } as unknown as Clock;

/** Nobody is connected. */
const NO_SIGNALS: SignalPublisher = { publish() {}, publishToOther() {}, publishToUser() {} };

export function createChat(db: Database) {
  const announced: Announcement[] = [];
  const events: LogEvent[] = [];
  const announce = async (announcement: Announcement) => void announced.push(announcement);
  const sink = (batch: readonly LogEvent[]) => void events.push(...batch);
  const secret = SECRET;
  const ends = createSessionEnds(1000);
  const rechecked: number[] = [];
  const sessions: Sessions = createSessions({
    db,
    ends,
    maxEnds: 1000,
    notifyOtherNodes: () => {},
    recheck: (userIds) => void rechecked.push(...userIds),
  });
  const { wasEnded } = sessions;
  const tokens = createTokens({ secret, expiresIn: '1h', digest, ends, wasEnded, clock });
  const principals = createPrincipals({ db, adminEmails: [ADMIN_EMAIL] });
  const authenticate = createAuthenticate({ tokens, principals, countForged: async () => {} });
  const dependencies: UseCaseDependencies = {
    db,
    clock,
    append: createAppend({ db, sink, clock }),
    change: createChangeMessage({ db, sink, clock }),
    sink,
    announce,
    signals: NO_SIGNALS,
    accountsMoved: () => {},
    tokens,
    passwords: createPasswords({ failureMs: 1 }),
    sessions,
    failures: createFailureLimit({ limiter: null, digest, clock }),
    digest,
    emails: createEmailView(true),
    erasure: NO_ERASURE,
    reservedEmails: [],
    maxTextLength: MAX_TEXT_LENGTH,
    eraseDeleted: true,
  };
  const useCases = createUseCases(dependencies);
  const { accounts, channels, messages } = useCases;

  /**
   * A user with this email, or one of its own, as the former service writes one. Has a password that nobody knows.
   */
  async function user(email = `${randomBytes(6).toString('hex')}@example.com`): Promise<Principal> {
    const [row] = await rows<{ id: number }>(
      db,
      sql`insert into users ("username", "email", "password")
        values (${email.slice(0, 50)}::text, ${email}::text, 'none') returning "id"`,
    );
    return (await principals.load(row?.id ?? 0)) as Principal;
  }

  return {
    ...useCases,
    useCases,
    db,
    announced,
    events,
    tokens,
    principals,
    sessions,
    ends,
    rechecked,
    /** As from one address of a peer. */
    authenticate: (token: string) => authenticate(token, () => ADDRESS),
    /** Who acts by a good token. */
    async principalOf(token: string): Promise<Principal> {
      const { user } = await authenticate(token, () => ADDRESS);
      return (await principals.load(user.id)) as Principal;
    },
    accounts: forOneAddress(accounts),
    /** With other dependencies. */
    accountsWith: (more: Partial<AccountsDependencies>) => createAccounts({ ...dependencies, ...more }),
    user,
    /** A group of the first user, who owns it, and the others. */
    async group(owner: Principal, ...others: Principal[]): Promise<number> {
      const userIds = others.map((other) => other.id);
      const { channel } = await channels.create(owner, { type: 'group', name: 'Group', userIds });
      return channel.id;
    },
    async say(sender: Principal, channelId: number, words = 'hi') {
      return (await messages.send(sender, { channelId, receiverId: null, ...text(words) })).message;
    },
    async tell(sender: Principal, receiver: Principal, words = 'hi') {
      return (await messages.send(sender, { channelId: null, receiverId: receiver.id, ...text(words) })).message;
    },
    /** The newest page of a channel, or the one asked for. */
    async page(reader: Principal, channelId: number, query: PageQuery = NEWEST): Promise<MessagePage> {
      return JSON.parse(await messages.channelPage(reader, channelId, query));
    },
    sql: (statement: SQL) => rows(db, statement),
    deleteUser: ({ id }: Principal) => rows(db, sql`update users set "deletedAt" = now() where "id" = ${id}::int`),
  };
}

function forOneAddress(accounts: Accounts) {
  return {
    ...accounts,
    register: (body: RegisterBody, from = ADDRESS) => accounts.register(body, from),
    login: (body: LoginBody, from = ADDRESS) => accounts.login(body, from),
    updateProfile: (principal: Principal, body: ProfileBody, token = SOME_TOKEN, from = ADDRESS) =>
      accounts.updateProfile(principal, body, token, from),
  };
}

export type Chat = ReturnType<typeof createChat>;

/** A locale is a database of the server with another one than the server's. */
type Kind = 'postgres' | 'embedded' | Locale;

const BOTH: readonly Kind[] = ['postgres', 'embedded'];

/** Runs the tests on both databases. What was announced and what happened in logs is forgotten before each. */
export function describeChat(name: string, tests: (chat: () => Chat) => void, kinds = BOTH): void {
  describe.each(kinds)(`${name} (%s)`, (kind) => {
    let chat: Chat;
    let close: () => Promise<void>;

    beforeAll(async () => {
      const { handle, drop } = await open(kind);
      close = async () => {
        await handle.close();
        await drop();
      };
      await runMigrations(handle, 'migrations');
      chat = createChat(handle.db);
    });
    afterAll(() => close());
    beforeEach(() => {
      chat.announced.length = 0;
      chat.events.length = 0;
    });

    tests(() => chat);
  });
}

async function open(kind: Kind): Promise<{ handle: DatabaseHandle; drop: () => Promise<void> }> {
  if (kind === 'embedded') {
    return { handle: await connectDatabase({ kind, directory: 'memory://' }), drop: async () => {} };
  }
  const database = await createDatabase(inject('postgresUrl'), kind === 'postgres' ? undefined : kind);
  const options = { kind: 'postgres', url: database.url, poolMax: 10, ssl: false } as const;
  return { handle: await connectDatabase(options), drop: database.drop };
}
