// The command that recounts: finds nothing in a right database, and names what is wrong, which fails it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, inject, it, onTestFinished } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createDatabase } from '../support/postgres.ts';
import { createChat } from './chat-under-test.ts';

it('says that nothing differs, or what', async () => {
  const database = await createDatabase(inject('postgresUrl'));
  const handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  onTestFinished(async () => {
    await handle.close();
    await database.drop();
  });
  await runMigrations(handle, 'migrations');
  const chat = createChat(handle.db);
  const [owner, reader] = [await chat.user(), await chat.user()];
  const channelId = await chat.group(owner, reader);
  for (const words of ['1', '2', '3']) await chat.say(owner, channelId, words);

  const check = () =>
    new Promise<{ code: unknown; output: string }>((resolve) => {
      const env = { ...process.env, DATABASE_URL: database.url };
      execFile(process.execPath, [join(process.cwd(), 'dist/counts-check.js')], { env }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, output: stdout }),
      );
    });
  expect(await check()).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^No difference: 1 conversations, 2 users/),
  });
  await rows(handle.db, sql`update chats set "number" = 7 where "text" = '3'`);
  await rows(handle.db, sql`update conversations set "messageCount" = 5 where "channelId" = ${channelId}::int`);
  const { code, output } = await check();
  expect(code).toBe(1);
  expect(output).toMatch(/number of \d+: 7 instead of 3/);
  expect(output).toMatch(/messageCount: 5 instead of 3/);
  expect(output).toMatch(/unread of \d+: 5 instead of 3/);
});
