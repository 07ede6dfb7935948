// The database side of the service that this one replaces: the tables that its ORM makes from its entities, and a
// process that writes to them as that service does. Uses TypeORM itself, for its names, types and statements.
import { DataSource, EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

export interface FormerUser {
  id: number;
  username: string;
  email: string;
  password: string;
  avatar: string | null;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

export interface FormerChat {
  id: number;
  senderId: number;
  receiverId: number | null;
  channelId: number | null;
  text: string | null;
  url: string | null;
  fileName: string | null;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

interface FormerChannel {
  id: number;
  name: string;
  ownerId: number;
  type: 'direct' | 'group';
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

/** What TypeORM turns into foreign keys. */
interface Parties {
  sender: FormerUser;
  receiver: FormerUser | null;
  channel: FormerChannel | null;
}

/** A message as the entity sees it. */
export type FormerMessage = FormerChat & Parties;

interface FormerMember {
  id: number;
  userId: number;
  channelId: number;
  joinedAt: Date;
}

const id: EntitySchemaColumnOptions = { type: 'int', primary: true, generated: true };
const key: EntitySchemaColumnOptions = { type: 'int' };
const optionalKey: EntitySchemaColumnOptions = { type: 'int', nullable: true };

const times: Record<'createdAt' | 'updatedAt' | 'deletedAt', EntitySchemaColumnOptions> = {
  createdAt: { type: 'timestamp', createDate: true },
  updatedAt: { type: 'timestamp', updateDate: true },
  deletedAt: { type: 'timestamp', deleteDate: true, nullable: true },
};

/** `varchar` without a length is TypeORM's own. Hand-written migrations had lengths, some narrower than ours. */
export interface Widths {
  readonly username?: number;
  readonly email?: number;
  readonly password?: number;
  readonly avatar?: number;
  readonly name?: number;
  readonly url?: number;
  readonly fileName?: number;
}

function varchar(length: number | undefined, nullable = false): EntitySchemaColumnOptions {
  return { type: 'varchar', nullable, ...(length !== undefined && { length }) };
}

function to(target: string, column: string) {
  return { type: 'many-to-one', target, joinColumn: { name: column } } as const;
}

export function formerEntities(widths: Widths = {}) {
  const User = new EntitySchema<FormerUser>({
    name: 'User',
    tableName: 'users',
    columns: {
      id,
      username: { ...varchar(widths.username), unique: true },
      email: { ...varchar(widths.email), unique: true },
      password: varchar(widths.password),
      avatar: varchar(widths.avatar, true),
      ...times,
    },
  });
  const Channel = new EntitySchema<FormerChannel & { owner: FormerUser }>({
    name: 'Channel',
    tableName: 'channels',
    columns: {
      id,
      name: varchar(widths.name),
      ownerId: key,
      type: { type: 'enum', enum: ['direct', 'group'], default: 'group' },
      ...times,
    },
    relations: { owner: to('User', 'ownerId') },
  });
  const Member = new EntitySchema<FormerMember & { user: FormerUser; channel: FormerChannel }>({
    name: 'ChannelMember',
    tableName: 'channel_members',
    columns: { id, userId: key, channelId: key, joinedAt: { type: 'timestamp', createDate: true } },
    relations: { user: to('User', 'userId'), channel: to('Channel', 'channelId') },
  });
  const Chat = new EntitySchema<FormerMessage>({
    name: 'Chat',
    tableName: 'chats',
    columns: {
      id,
      senderId: key,
      receiverId: optionalKey,
      channelId: optionalKey,
      text: { type: 'text', nullable: true },
      url: varchar(widths.url, true),
      fileName: varchar(widths.fileName, true),
      ...times,
    },
    relations: {
      sender: to('User', 'senderId'),
      receiver: to('User', 'receiverId'),
      channel: to('Channel', 'channelId'),
    },
  });
  return { User, Channel, Member, Chat };
}

export type FormerEntities = ReturnType<typeof formerEntities>;

/** Connects, and creates the tables if they are missing. */
export async function connectFormer(url: string, entities: FormerEntities, make = true): Promise<DataSource> {
  const source = new DataSource({ type: 'postgres', url, entities: Object.values(entities), synchronize: make });
  await source.initialize();
  return source;
}

export interface Amounts {
  readonly users: number;
  readonly channels: number;
  readonly chats: number;
}

/**
 * Fills the tables inside the server, which takes seconds. Ids have gaps. One message in 50 is deleted. One in 7 goes
 * to a user, some of these to the sender. The last tenth of the channels is silent.
 */
export async function fillFormer(source: DataSource, { users, channels, chats }: Amounts): Promise<void> {
  await source.query(
    `insert into users (username, email, password) select 'user' || n, 'User' || n || '@example.org', '$2b$04$' || n
     from generate_series(1, $1::int) n`,
    [users],
  );
  await source.query(
    `insert into channels (name, "ownerId", type, "deletedAt")
     select 'channel ' || n, 1 + n % $2::int, (case when n % 4 = 0 then 'direct' else 'group' end)::channels_type_enum,
       case when n % 40 = 0 then timestamp '2024-06-01' end
     from generate_series(1, $1::int) n`,
    [channels, users],
  );
  await source.query(
    `insert into channel_members ("userId", "channelId") select 1 + (c + m * 7) % $2::int, c
     from generate_series(1, $1::int) c, generate_series(0, 4) m`,
    [channels, users],
  );
  await source.query(
    `insert into chats (id, "senderId", "receiverId", "channelId", text, "createdAt", "updatedAt", "deletedAt")
     select n + n / 100, 1 + n % $2::int,
       case when n % 7 = 0 then case when n % 49 = 0 then 1 + n % $2::int else 1 + (n / 7) % $2::int end end,
       case when n % 7 > 0 then 1 + (n * 31) % ($3::int * 9 / 10) end,
       'message ' || n, at, at, case when n % 50 = 0 then at + interval '1 hour' end
     from generate_series(1, $1::int) n, lateral (select timestamp '2024-01-01' + n * interval '1 second' as at) t`,
    [chats, users, channels],
  );
  await source.query(`select setval(pg_get_serial_sequence('chats', 'id'), (select max(id) from chats))`);
}

/** Of the existing messages, a writer deletes some with ids up to this one. */
export const OLDEST_TOUCHED = 1000;

export interface FormerWriter {
  /** Ids of inserted and of deleted messages, as the server acknowledged them. */
  readonly inserted: readonly number[];
  readonly deleted: ReadonlySet<number>;
  /** The longest time of a statement, in ms. */
  readonly longestMs: () => number;
  /** Resolves when this many more messages have been written. */
  wrote(more: number): Promise<void>;
  /** Throws the error that made it fail. */
  stop(): Promise<void>;
}

/** Saves and soft-deletes messages one after the other through the entities, as the former service did. */
export function startFormerWriter(source: DataSource, { Chat }: FormerEntities): FormerWriter {
  const repository = source.getRepository(Chat);
  const inserted: number[] = [];
  const deleted = new Set<number>();
  const watchers = new Set<() => void>();
  let longest = 0;
  let stopped = false;

  async function timed<T>(work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const value = await work;
    longest = Math.max(longest, performance.now() - startedAt);
    return value;
  }

  async function write(): Promise<void> {
    for (let n = 1; !stopped; n += 1) {
      const to = n % 3 === 0 ? { receiverId: 1 + (n % 20) } : { channelId: 1 + (n % 10) };
      const draft: Partial<FormerChat> = { senderId: 1 + (n % 7), ...to, text: `written meanwhile ${n}` };
      const chat = await timed(repository.save(draft as FormerMessage));
      inserted.push(chat.id);
      if (n % 10 === 0) {
        const old = 1 + (n % OLDEST_TOUCHED);
        await timed(repository.softDelete(old));
        deleted.add(old);
      }
      for (const watch of watchers) watch();
    }
  }

  const writing = write();
  return {
    inserted,
    deleted,
    longestMs: () => longest,
    async wrote(more) {
      const aim = inserted.length + more;
      const enough = new Promise<void>((resolve) => {
        watchers.add(() => {
          if (inserted.length >= aim) resolve();
        });
      });
      await Promise.race([enough, writing]);
    },
    async stop() {
      stopped = true;
      await writing;
    },
  };
}
