// Configuration as a process meets it: its environment, a file, and what is said when they are wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnServiceProcess } from '../support/node-process.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a bad environment ends the start with one line for each problem, and nothing was touched', async () => {
  const env = { PORT: '70000', DB_SSL: 'perhaps', DATABASE_URL: 'hunter2', DATA_DIR: join(directory, 'never') };
  const service = spawnServiceProcess({ directory, env });
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.noise).toEqual([]);
  expect(service.log.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
    'error PORT="70000": it takes a whole number from 0 to 65535',
    'error DATABASE_URL (value not shown): it takes an address like postgres://user:password@host:5432/name (a password has %40 for an @)',
    'error DB_SSL="perhaps": it takes true or false',
  ]);
});

test('a file .env gives what the environment lacks; what the environment has, wins', async () => {
  writeFileSync(
    join(directory, '.env'),
    '# local\nLOG_LEVEL=loud\nMAX_TEXT_LENGTH="many"\nWS_RATE_LIMIT_PER_SECOND=x\n',
  );
  const env = { LOG_LEVEL: 'debug', WS_RATE_LIMIT_PER_SECOND: '5' };
  const service = spawnServiceProcess({ directory, env });
  expect((await service.exited).code).toBe(1);
  expect(service.log.map(({ msg }) => msg)).toEqual([
    'MAX_TEXT_LENGTH="many": it takes a whole number from 1 to 10000000',
  ]);
});
