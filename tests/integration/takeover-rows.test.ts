// What else the former service's tables may hold that this service could not serve: it is refused before anything is changed,
// with a line that names it; and what only looks odd is served.
import postgres, { type Sql } from 'postgres';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { MigrationError } from '../../src/database/migration-error.ts';
import { runWithTakeover as runMigrations } from '../../src/legacy/run.ts';
import { FILLED } from '../../src/legacy/wanted.ts';
import { describeSchema } from '../support/catalog.ts';
import { connectFormer, formerEntities } from '../support/former-service.ts';
import { migrate } from '../support/migrate-process.ts';
import { MIGRATIONS } from '../support/migrations.ts';
import { createDatabase } from '../support/postgres.ts';

let database: { url: string; drop(): Promise<void> };
let handle: DatabaseHandle;
let admin: Sql;

beforeEach(async () => {
  database = await createDatabase(inject('postgresUrl'));
  await (await connectFormer(database.url, formerEntities())).destroy();
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
  await admin.unsafe(`
    insert into users (username, email, password) values ('anna', 'anna@example.org', '-'), ('ben', 'ben@example.org', '-');
    insert into channels (name, "ownerId") values ('general', 1), ('other', 2);
    insert into channel_members ("userId", "channelId") values (1, 1), (2, 1), (2, 2);
    insert into chats ("senderId", "channelId", text) values (1, 1, 'a'), (2, 1, 'b');
    insert into chats ("senderId", "receiverId", text) values (1, 2, 'c')`);
});
afterEach(async () => {
  await admin.end();
  await handle.close();
  await database.drop();
});

/** Takes the rules away that the former service's own migrations may not have made. */
const WITHOUT_REFERENCES = `do $$ declare it record; begin
  for it in select conrelid::regclass as tbl, conname from pg_constraint where contype = 'f' loop
    execute format('alter table %s drop constraint %I', it.tbl, it.conname);
  end loop; end $$;`;
const VALUES = FILLED.flatMap(({ table, columns }) =>
  columns.map((column): [string, RegExp] => [
    `alter table ${table} alter "${column}" drop not null; update ${table} set "${column}" = null where id = 1`,
    new RegExp(`${table}\\."${column}" has no value in 1 rows \\(first: id 1\\)`),
  ]),
);
const POINTING = [
  ['channels', 'ownerId'],
  ['channel_members', 'userId'],
  ['channel_members', 'channelId'],
  ['chats', 'senderId'],
  ['chats', 'channelId'],
].map(([table, column]): [string, RegExp] => [
  `${WITHOUT_REFERENCES} update ${table} set "${column}" = 99 where id = 1`,
  new RegExp(`${table}\\."${column}" names no row of \\w+ in 1 rows \\(first: id 1\\)`),
]);
const TOUCH = `create function touch() returns trigger language plpgsql as $$ begin new."updatedAt" = now(); return new; end $$;`;

it.each<[string, RegExp]>([
  ...VALUES,
  ...POINTING,
  [
    `${WITHOUT_REFERENCES} update chats set "receiverId" = 99 where id = 3`,
    /chats\."receiverId" names no row of users in 1 rows \(first: id 3\)/,
  ],
  [
    `update chats set "createdAt" = 'infinity' where id = 1`,
    /chats\."createdAt" is not between the years 1 and 9999 in 1/,
  ],
  [`update chats set "deletedAt" = '12345-01-01' where id = 2`, /chats\."deletedAt" is not between .* \(first: id 2\)/],
  [
    `update users set "createdAt" = '0044-03-15 BC' where id = 2`,
    /users\."createdAt" is not between .* \(first: id 2\)/,
  ],
  [`update channel_members set "joinedAt" = '-infinity'`, /channel_members\."joinedAt" is not between .* in 3 rows/],
  [
    `select setval('chats_id_seq', 2)`,
    /chats\.id is behind its rows: select setval\('public\.chats_id_seq', \(select max/,
  ],
  [`select setval('users_id_seq', 2, false)`, /sequence of users\.id is behind its rows/],
  ['alter type channels_type_enum rename to kind', /of another name: alter type kind rename to channels_type_enum/],
  [
    `alter type channels_type_enum rename value 'direct' to 'private'`,
    /the type of channels\.type lacks direct: alter type channels_type_enum add value 'direct'/,
  ],
  [
    `alter type channels_type_enum rename to old; create type channels_type_enum as enum ('direct', 'group', 'public');
      alter table channels alter type drop default, alter type type channels_type_enum using 'public'`,
    /channels\.type is neither direct nor group in 2 rows \(first: id 1\)/,
  ],
  [
    'alter table channel_members add "deletedAt" timestamp; update channel_members set "deletedAt" = now() where id = 2',
    /channel_members\."deletedAt" says who left, in 1 rows \(first: id 2\): .* Delete those rows, then drop it/,
  ],
  ['alter table channel_members add "leftAt" timestamp', /channel_members\."leftAt" says who left, in no row yet/],
  ['alter table chats alter id type bigint', /chats\."id" is bigint, not integer/],
  [
    `${TOUCH} create trigger "Touch" before update on chats for each row execute function touch()`,
    /the trigger "Touch" of chats would run .*: alter table chats disable trigger "Touch", and enable it afterwards/,
  ],
])('refuses before it changes anything: %s', async (statement, reason) => {
  await admin.unsafe(statement);
  const schema = await describeSchema(handle.db);
  const refusal = await runMigrations(handle, MIGRATIONS).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MigrationError);
  expect(String(refusal)).toMatch(/nothing was changed: /);
  expect(String(refusal)).toMatch(reason);
  expect(await describeSchema(handle.db)).toEqual(schema);
  const dry = await migrate(['run', '--dry-run'], { DATABASE_URL: database.url });
  expect(dry).toEqual({ code: 1, output: '', errors: expect.stringMatching(reason) });
});

it.each([
  ['an id that the sequence gives next', `select setval('chats_id_seq', 4, false)`],
  [
    'a trigger that is off',
    `${TOUCH} create trigger touch before update on chats for each row execute function touch();
    alter table chats disable trigger touch`,
  ],
  [
    'a trigger of other columns',
    `${TOUCH} create trigger touch before update of text on chats for each row execute function touch()`,
  ],
  ['a negative id', `insert into chats (id, "senderId", "channelId", text) values (-5, 1, 1, 'x')`],
  ['long texts', `update chats set text = repeat('x', 3000000); update channels set name = repeat('x', 100000)`],
])('takes over: %s', async (_, statement) => {
  await admin.unsafe(statement);
  await runMigrations(handle, MIGRATIONS);
  expect(await admin`select from chats where seq is null or "updatedAt" <> "createdAt"`).toHaveLength(0);
});

it('makes columns not null that may lack a value and never do, and lets the former service write on', async () => {
  await admin.unsafe(`alter table users alter username drop not null, alter email drop not null;
    alter table chats alter "createdAt" drop not null; alter table channel_members alter "joinedAt" drop not null`);
  const { output } = await migrate(['run', '--dry-run'], { DATABASE_URL: database.url });
  expect(output).toMatch(/let username, email of users be not null\n/);
  expect(output).toMatch(/let joinedAt of channel_members be not null\n/);
  // The rest of a run that was cut off.
  await admin`alter table chats add constraint "CHK_chats_createdAt_filled" check ("createdAt" is not null) not valid`;
  await runMigrations(handle, MIGRATIONS);
  const left = await admin`select table_name, column_name from information_schema.columns
    where is_nullable = 'YES' and (table_name, column_name) in
      (('users', 'username'), ('users', 'email'), ('chats', 'createdAt'), ('channel_members', 'joinedAt'))`;
  expect([...left]).toEqual([]);
  expect(await admin`select from pg_constraint where conname like 'CHK%filled'`).toHaveLength(0);
  await admin`insert into chats ("senderId", "channelId", text) values (1, 1, 'still here')`;
});

it('counts what stays as it is and looks odd', async () => {
  await admin.unsafe(`delete from channel_members where id = 1;
    insert into channels (name, "ownerId", type) select 'd', 1, 'direct' from generate_series(1, 3);
    insert into channel_members ("userId", "channelId") select u, c from generate_series(1, 2) u, generate_series(3, 5) c`);
  const { output } = await migrate(['run', '--dry-run'], { DATABASE_URL: database.url });
  expect(output).toMatch(/leave 1 channels with an owner who is no member/);
  expect(output).toMatch(/leave 2 direct channels of two users who have an older one/);
  expect((await migrate(['run'], { DATABASE_URL: database.url })).code).toBe(0);
});

it.each(['LATIN1', 'SQL_ASCII'])('refuses a database that keeps texts as %s, an empty one too', async (encoding) => {
  const url = new URL(database.url);
  url.pathname = `${url.pathname}_${encoding.toLowerCase()}`;
  const name = url.pathname.slice(1);
  await admin.unsafe(`create database ${name} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`);
  const refused = await migrate(['run'], { DATABASE_URL: url.href });
  expect(refused).toEqual({
    code: 1,
    output: '',
    errors: expect.stringMatching(
      new RegExp(`keeps texts as ${encoding}; nothing was changed\\. Make one with .* UTF8`),
    ),
  });
  await admin.unsafe(`drop database ${name}`);
});
