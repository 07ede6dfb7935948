// Configuration as a process meets it: its environment, a file, and what is said when they are wrong.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { spawnServiceProcess } from '../support/node-process.ts';
import { installRuntimes } from '../support/runtimes.ts';

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
    expect.stringMatching(
      /^error DATABASE_URL \(value not shown\): it takes an address like postgres:\/\/user:password@host/,
    ),
    'error DB_SSL="perhaps": it takes true, no-verify or false',
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

describe.each(['node', 'deno', 'bun'] as const)('on %s a file .env means the same', (runtime) => {
  beforeAll(() => installRuntimes([runtime]));

  const text = 'export LOG_LEVEL="a\\tb" # c\r\nMAX_TEXT_LENGTH=$HOME#1 # 2\r\nPORT=\'x y\'\r\n';
  const utf16 = Buffer.from(text, 'utf16le');
  test.each([
    ['in UTF-8', Buffer.from(text)],
    ['with a mark', Buffer.from(`\ufeff${text}`)],
    ['in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['in UTF-16, big end first', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
  ])('%s', async (_, bytes) => {
    writeFileSync(join(directory, '.env'), bytes);
    const service = spawnServiceProcess({ runtime, directory, unset: ['PORT'] });
    expect((await service.exited).code).toBe(1);
    expect(service.log.map(({ msg }) => msg)).toEqual([
      'PORT="x y": it takes a whole number from 0 to 65535',
      'MAX_TEXT_LENGTH="$HOME#1": it takes a whole number from 1 to 10000000',
      expect.stringMatching(/^LOG_LEVEL="a\\tb": it takes one of/),
    ]);
  });

  test('a line that is none is named by its number, without what it holds', async () => {
    writeFileSync(join(directory, '.env'), 'PORT=0\n\nhunter2\n');
    const service = spawnServiceProcess({ runtime, directory });
    expect((await service.exited).code).toBe(1);
    expect(service.log.map(({ msg }) => msg)).toEqual([
      'Cannot read .env: line 3 is neither KEY=value nor a comment (# …)',
    ]);
  });

  test('a pipe in its place is no file', async () => {
    execFileSync('mkfifo', [join(directory, '.env')]);
    const service = spawnServiceProcess({ runtime, directory });
    expect((await service.exited).code).toBe(1);
    expect(service.log.map(({ msg }) => msg)).toEqual(['Cannot read .env: it is no ordinary file']);
  });

  test('a weak secret is taken outside production, with one line that says so and does not show it', async () => {
    const folder = join(directory, 'file');
    writeFileSync(folder, '');
    const env = { JWT_SECRET: 'hunter2hunter2', JWT_SECRET_PREVIOUS: 'hunter2'.repeat(9), DATA_DIR: folder };
    const service = spawnServiceProcess({ runtime, directory, env });
    await service.exited;
    expect(service.log.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      expect.stringMatching(
        /^warn JWT_SECRET \(value not shown\) is weak, it is shorter than 32 bytes: production refuses/,
      ),
      expect.stringMatching(/^warn JWT_SECRET_PREVIOUS \(value not shown\) is weak, it repeats itself.*take it out/),
      expect.stringMatching(/^error Cannot make the data directory/),
    ]);
    expect(JSON.stringify([service.log, service.noise])).not.toContain('hunter2');
  });

  test('a secret in a file', async () => {
    const file = join(directory, 'secret');
    writeFileSync(file, 'short\r\n');
    const env = { NODE_ENV: 'production', JWT_SECRET_FILE: file, REDIS_PASSWORD_FILE: join(directory, 'nowhere') };
    const service = spawnServiceProcess({ runtime, directory, env });
    expect((await service.exited).code).toBe(1);
    expect(service.log.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^JWT_SECRET \(value not shown\): it takes at least 32 bytes/),
      expect.stringMatching(/^REDIS_PASSWORD_FILE=".*nowhere": it takes a file that can be read \(.+\)$/),
    ]);
  });
});
