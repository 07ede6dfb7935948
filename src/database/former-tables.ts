// Whether a database may be taken over: it has none of our tables yet, or exactly those that the former service made.
import { sql } from 'drizzle-orm';
import { type Database, rows } from './database.ts';

/** What the first migration relies on: the columns of the former service, and of an existing log. */
const EXPECTED: Record<string, Record<string, Kind>> = {
  users: { id: 'whole', username: 'text', email: 'text', password: 'text', avatar: 'text', ...times() },
  channels: { id: 'whole', name: 'text', ownerId: 'whole', type: 'enum', ...times() },
  channel_members: { id: 'whole', userId: 'whole', channelId: 'whole', joinedAt: 'time' },
  chats: {
    ...{ id: 'whole', senderId: 'whole', receiverId: 'whole', channelId: 'whole' },
    ...{ text: 'text', url: 'text', fileName: 'text', ...times() },
  },
  conversations: {
    ...{ id: 'whole', channelId: 'whole', userLow: 'whole', userHigh: 'whole' },
    ...{ lastSeq: 'whole', lastEventAt: 'time', membersVersion: 'whole' },
  },
};

export const FORMER_TABLES = ['users', 'channels', 'channel_members', 'chats'];

type Kind = keyof typeof TYPES;

/** The names of types in information_schema. */
const TYPES = {
  whole: ['integer'],
  text: ['character varying', 'text'],
  time: ['timestamp without time zone'],
  enum: ['USER-DEFINED'],
} as const;

function times(): Record<string, Kind> {
  return { createdAt: 'time', updatedAt: 'time', deletedAt: 'time' };
}

type Column = { table: string; name: string; type: string; needsValue: boolean };

/** Why our tables cannot be created here, one text each. Empty if they can. Only reads. */
export async function foreignTables(db: Database): Promise<string[]> {
  const found = await columns(db);
  const tables = [...new Set(found.map(({ table }) => table))];
  if (tables.length === 0) return [];
  const missing = FORMER_TABLES.filter((table) => !tables.includes(table)).map((table) => `there is no table ${table}`);
  const differing = tables.flatMap((table) =>
    differences(
      table,
      found.filter((column) => column.table === table),
    ),
  );
  return [...missing, ...differing];
}

function columns(db: Database): Promise<Column[]> {
  return rows<Column>(
    db,
    sql`select table_name as "table", column_name as "name", data_type as "type",
          is_nullable = 'NO' and column_default is null and is_identity = 'NO' and is_generated = 'NEVER' as "needsValue"
        from information_schema.columns
        where table_schema = current_schema() and table_name = any(${sql.param(Object.keys(EXPECTED))}::text[])
        order by table_name, ordinal_position`,
  );
}

function differences(table: string, list: readonly Column[]): string[] {
  const expected = EXPECTED[table] ?? {};
  const present = new Map(list.map((column) => [column.name, column]));
  const wrong = Object.entries(expected).flatMap(([name, kind]) => {
    const type = present.get(name)?.type;
    if (type === undefined) return [`${table} has no column "${name}"`];
    const fits = TYPES[kind].some((accepted) => accepted === type);
    return fits ? [] : [`${table}."${name}" is ${type}, not ${TYPES[kind][0]}`];
  });
  // Rows that we insert would not fill these.
  const unknown = list.filter((column) => column.needsValue && !(column.name in expected));
  return [...wrong, ...unknown.map(({ name }) => `${table}."${name}" needs a value that this service does not know`)];
}
