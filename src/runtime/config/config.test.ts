// The table of settings: what each variable takes, what it refuses, and the messages about that.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const STRONG = randomBytes(32).toString('base64url');
const production = { NODE_ENV: 'production', JWT_SECRET: STRONG };

function problems(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('an empty environment gives a service that needs nothing', () => {
  expect(readConfig({})).toEqual({
    host: '0.0.0.0',
    port: 3000,
    production: false,
    database: { kind: 'embedded', directory: resolve('data/postgres') },
    migrateOnStart: false,
    redis: null,
    redisPrefix: 'chat:',
    dataDir: resolve('data'),
    jwtSecret: null,
    jwtSecretsAccepted: [],
    jwtExpiresIn: '24h',
    corsOrigins: ['http://localhost:3000'],
    wsCorsOrigins: ['http://localhost:3000'],
    rateLimit: {
      ...{ windowMs: 900_000, maxRequests: 100 },
      ...{ authMaxRequests: 20, authFailuresPerAccount: 100, framesPerSecond: 50 },
    },
    trustProxy: false,
    adminEmails: [],
    publicEmails: true,
    eraseDeleted: true,
    ...{ maxConnectionsPerUser: 200, maxUnauthenticatedPerAddress: 1000 },
    maxTextLength: 10_000,
    maxFrameBytes: 65_536,
    sharedFrames: true,
    maxBufferedBytes: 1_048_576,
    slowReaderTimeoutMs: 30_000,
    keepAliveTimeoutMs: 65_000,
    logLevel: 'info',
    notes: [],
  });
});

test('empty and blank variables count as unset', () => {
  expect(readConfig({ PORT: '', DB_HOST: ' ', REDIS_PASSWORD: '', JWT_SECRET: '', LOG_LEVEL: '' })).toEqual(
    readConfig({}),
  );
});

describe('a bad value is refused with the variable, the value and what it takes', () => {
  test.each([
    ['PORT', 'abc', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number'],
    ['PORT', '3000.5', 'a whole number'],
    ['PORT', '1e3', 'a whole number'],
    ['NODE_ENV', 'prod', 'one of development, test, production'],
    ['DB_PORT', '0', 'a whole number from 1 to 65535'],
    ['DB_SSL', 'yes', 'true, no-verify or false'],
    ['DB_HOST', 'a b', 'a host name, an address, or the folder of a socket'],
    ['KEEP_ALIVE_TIMEOUT_MS', '999', 'a whole number from 1000'],
    ['DB_POOL_MAX', '0', 'a whole number from 1'],
    ['MIGRATE_ON_START', 'on', 'true or false'],
    ['REDIS_PORT', 'six', 'a whole number'],
    ['REDIS_DB', '-1', 'a whole number'],
    ['JWT_EXPIRES_IN', 'soon', 'a time like'],
    ['JWT_EXPIRES_IN', '0h', 'a time like'],
    ['CORS_ORIGIN', 'localhost:3000', 'comma-separated origins'],
    ['CORS_ORIGIN', 'https://a.example/path', 'origins without a path'],
    ['CORS_ORIGIN', 'https://*.example.org', 'whole origins, each by itself'],
    ['WS_CORS_ORIGIN', 'https://a.example:99999', 'comma-separated origins'],
    ['WS_CORS_ORIGIN', 'https://a.example?x=1', 'origins without a path'],
    ['WS_CORS_ORIGIN', 'https://me@a.example', 'origins'],
    ['CORS_ORIGIN', 'https://a.example https://b.example', 'comma-separated origins'],
    ['WS_CORS_ORIGIN', 'https://a.example,nonsense', 'comma-separated origins'],
    ['RATE_LIMIT_WINDOW_MS', '15m', 'a whole number'],
    ['RATE_LIMIT_MAX_REQUESTS', '-5', 'a whole number'],
    ['AUTH_RATE_LIMIT_MAX_REQUESTS', 'x', 'a whole number'],
    ['WS_RATE_LIMIT_PER_SECOND', '0.5', 'a whole number'],
    ['TRUST_PROXY', '2', 'true or false'],
    ['ADMIN_EMAILS', 'root@example.org, nobody', 'comma-separated email addresses'],
    ['PUBLIC_EMAILS', 'no', 'true or false'],
    ['ERASE_DELETED', 'never', 'true or false'],
    ['MAX_TEXT_LENGTH', '0', 'a whole number from 1'],
    ['MAX_FRAME_BYTES', '10', 'a whole number from 256'],
    ['MAX_BUFFERED_BYTES', 'NaN', 'a whole number from 1024'],
    ['SLOW_READER_TIMEOUT_MS', '99', 'a whole number from 100'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info'],
  ])('%s=%s', (name, value, takes) => {
    const found = problems({ [name]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${name}=${JSON.stringify(value)}: it takes ${takes}`);
  });

  test.each([
    ['DATABASE_URL', 'mysql://root:hunter2@db/chat'],
    ['DATABASE_URL', 'hunter2'],
    ['REDIS_URL', 'http://:hunter2@cache'],
    ['REDIS_URL', 'redis://:hunter2@a,rediss://b'],
    ['REDIS_URL', 'redis://:hunter2@a:1/2,redis://b:2'],
    ['REDIS_URL', 'redis://:hunter2@cache/notanumber'],
  ])('%s=%s: never shown', (name, value) => {
    const found = problems({ [name]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${name} \\(value not shown\\): it takes an address like`));
    expect(found[0]).not.toContain('hunter2');
  });

  test('all problems are reported at once', () => {
    const found = problems({ NODE_ENV: 'production', PORT: 'x', DB_SSL: 'maybe', LOG_LEVEL: 'x', JWT_SECRET: 'short' });
    expect(found.map((problem) => problem.split(/[= ]/)[0])).toEqual(['PORT', 'DB_SSL', 'JWT_SECRET', 'LOG_LEVEL']);
  });
});

describe('JWT_SECRET', () => {
  test('outside production: any, or none', () => {
    expect(readConfig({ JWT_SECRET: 'your-secret-key' }).jwtSecret).toBe('your-secret-key');
    expect(readConfig({ NODE_ENV: 'test' }).jwtSecret).toBeNull();
  });

  test('production takes a strong one as it is', () => {
    expect(readConfig(production).jwtSecret).toBe(STRONG);
    const blanks = ` ${STRONG} `;
    expect(readConfig({ ...production, JWT_SECRET: blanks })).toMatchObject({ jwtSecret: blanks, notes: [] });
  });

  test.each([
    ['', 'is not set'],
    ['your-secret-key', 'value not shown'],
    ['only-thirty-one-bytes-long-secr', 'value not shown'],
    ['your-super-secret-jwt-key-that-is-long-enough', 'value not shown'],
    ['please_CHANGE_ME_please_change_me_please', 'value not shown'],
    ['replace-with-a-long-random-secret-value', 'value not shown'],
  ])('production and %j', (secret, said) => {
    const found = problems({ NODE_ENV: 'production', JWT_SECRET: secret });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^JWT_SECRET /);
    expect(found[0]).toContain(said);
    if (secret) expect(found[0]).not.toContain(secret);
  });

  test.each([
    ['hidden', 'is shorter than 32 bytes'],
    ['secret'.repeat(6), 'repeats itself, or goes by a pattern'],
    ['replace-with-a-long-random-secret-value', 'has a part that is printed in documents or examples'],
  ])('%j: production says what is wrong with it, all others warn of it, and none shows it', (secret, weakness) => {
    const found = problems({ NODE_ENV: 'production', JWT_SECRET: secret });
    expect(found).toEqual([
      `JWT_SECRET (value not shown): it takes at least 32 bytes that nobody can guess, such as the output of: openssl rand -base64 48 (this one ${weakness})`,
    ]);
    for (const env of [{}, { NODE_ENV: 'test' }]) {
      const { jwtSecret, notes } = readConfig({ ...env, JWT_SECRET: secret });
      expect(jwtSecret).toBe(secret);
      expect(notes).toEqual([expect.stringMatching(`^JWT_SECRET \\(value not shown\\) is weak, it ${weakness}: `)]);
      expect(notes[0]).not.toContain(secret);
    }
  });

  test('a good one causes no warning', () => {
    expect(readConfig({ JWT_SECRET: STRONG }).notes).toEqual([]);
  });
});

describe('secrets accepted beside JWT_SECRET', () => {
  const [next, previous] = [randomBytes(32).toString('base64url'), ' blanks, and commas, are part of one '];

  test('the next one and the previous one, as they are', () => {
    const both = { JWT_SECRET_NEXT: next, JWT_SECRET_PREVIOUS: previous };
    expect(readConfig({ ...production, ...both }).jwtSecretsAccepted).toEqual([next, previous]);
    expect(readConfig({ ...production, JWT_SECRET_PREVIOUS: previous }).jwtSecretsAccepted).toEqual([previous]);
    expect(readConfig({ JWT_SECRET_NEXT: 'weak' }).jwtSecretsAccepted).toEqual(['weak']);
    expect(readConfig({ JWT_SECRET_NEXT: '', JWT_SECRET_PREVIOUS: ' ' }).jwtSecretsAccepted).toEqual([]);
  });

  test.each(['hidden', 'replace-with-a-long-random-secret-value'])('production takes %j as no next one', (secret) => {
    const found = problems({ ...production, JWT_SECRET_NEXT: secret });
    expect(found).toEqual([expect.stringMatching(/^JWT_SECRET_NEXT \(value not shown\): .*32 bytes/)]);
    expect(found[0]).not.toContain(secret);
  });

  test.each([{}, production])(
    'a weak previous one is taken, so that its tokens stay good, and warned of: %o',
    (env) => {
      const { jwtSecretsAccepted, notes } = readConfig({ ...env, JWT_SECRET_PREVIOUS: 'your-secret-key' });
      expect(jwtSecretsAccepted).toEqual(['your-secret-key']);
      expect(notes).toEqual([
        expect.stringMatching(
          /^JWT_SECRET_PREVIOUS \(value not shown\) is weak, it is shorter than 32 bytes: .*take it out/,
        ),
      ]);
      expect(notes[0]).not.toContain('your-secret-key');
    },
  );
});

describe('the database', () => {
  const postgres = { kind: 'postgres', poolMax: 10, ssl: false };

  test.each([
    [{ DATABASE_URL: 'postgresql://u:p@db.example:5433/chat' }, 'postgres://u:p@db.example:5433/chat'],
    [{ DATABASE_URL: 'postgres://u@a,b/chat', DB_HOST: 'ignored' }, 'postgres://u@a:5432,b:5432/chat'],
    [{ DB_HOST: 'db' }, 'postgres://postgres@db:5432/chat_service'],
    [
      { DB_HOST: 'db', DB_PORT: '5433', DB_USERNAME: 'a b', DB_PASSWORD: 'p@:/?#', DB_NAME: 'x/y' },
      'postgres://a%20b:p%40%3A%2F%3F%23@db:5433/x%2Fy',
    ],
    [{ DB_HOST: '::1' }, 'postgres://postgres@[::1]:5432/chat_service'],
  ])('%o', (env, url) => {
    expect(readConfig(env as Record<string, string>).database).toEqual({ ...postgres, url });
  });

  test('the size of the pool', () => {
    expect(readConfig({ DB_HOST: 'db', DB_POOL_MAX: '3' }).database).toMatchObject({ poolMax: 3 });
  });
});

describe('Redis', () => {
  test.each([
    [{ REDIS_HOST: 'cache' }, { nodes: [{ host: 'cache', port: 6379 }], cluster: false }],
    [
      { REDIS_HOST: 'cache', REDIS_PORT: '7000', REDIS_PASSWORD: ' p ', REDIS_DB: '3' },
      { nodes: [{ host: 'cache', port: 7000 }], cluster: false, password: ' p ', db: 3 },
    ],
    [
      { REDIS_URL: 'rediss://user:p%40ss@cache:7000/2' },
      { nodes: [{ host: 'cache', port: 7000 }], cluster: false, username: 'user', password: 'p@ss', db: 2, tls: true },
    ],
    [{ REDIS_URL: 'redis://[::1]/' }, { nodes: [{ host: '::1', port: 6379 }], cluster: false }],
    [
      { REDIS_URL: 'redis://:pw@a:7001, redis://b:7002 ,c' },
      {
        nodes: [
          { host: 'a', port: 7001 },
          { host: 'b', port: 7002 },
          { host: 'c', port: 6379 },
        ],
        cluster: true,
        password: 'pw',
      },
    ],
  ])('%o', (env, target) => {
    expect(readConfig(env as Record<string, string>).redis).toEqual(target);
  });
});

test('lists, and what is corrected in them', () => {
  const config = readConfig({
    CORS_ORIGIN:
      'https://A.example/, http://b.example:8080,https://c.example:443, https://müller.example,capacitor://localhost',
    WS_CORS_ORIGIN: 'https://a.example,*',
    ADMIN_EMAILS: ' Root@Example.org ,b@example.org,',
  });
  expect(config.corsOrigins).toEqual([
    'https://a.example',
    'http://b.example:8080',
    'https://c.example',
    'https://xn--mller-kva.example',
    'capacitor://localhost',
  ]);
  expect(config.notes).toEqual([
    'CORS_ORIGIN: "https://A.example/" is taken as https://a.example',
    'CORS_ORIGIN: "https://c.example:443" is taken as https://c.example',
    'CORS_ORIGIN: "https://müller.example" is taken as https://xn--mller-kva.example',
  ]);
  expect(config.wsCorsOrigins).toBe('*');
  expect(config.adminEmails).toEqual(['Root@Example.org', 'b@example.org']);
});
