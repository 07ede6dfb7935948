// The configuration under any environment: settings, or an error that says what is wrong and shows no secret.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { ConfigError, readConfig } from '../../src/runtime/config/config.ts';
import { parseEnv } from '../../src/runtime/config/env-syntax.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const SECRETS = ['JWT_SECRET', 'DATABASE_URL', 'DB_PASSWORD', 'REDIS_URL', 'REDIS_PASSWORD'];
const OTHERS = [
  ...['PORT', 'HOST', 'NODE_ENV', 'DB_HOST', 'DB_PORT', 'DB_USERNAME', 'DB_NAME', 'DB_SSL', 'DB_POOL_MAX'],
  ...['MIGRATE_ON_START', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_DB', 'DATA_DIR', 'JWT_EXPIRES_IN', 'CORS_ORIGIN'],
  ...['WS_CORS_ORIGIN', 'RATE_LIMIT_WINDOW_MS', 'RATE_LIMIT_MAX_REQUESTS', 'AUTH_RATE_LIMIT_MAX_REQUESTS'],
  ...['AUTH_FAILURES_PER_ACCOUNT'],
  ...[
    'WS_RATE_LIMIT_PER_SECOND',
    'TRUST_PROXY',
    'ADMIN_EMAILS',
    'PUBLIC_EMAILS',
    'ERASE_DELETED',
    'MAX_TEXT_LENGTH',
    'MAX_FRAME_BYTES',
  ],
  ...[
    'MAX_BUFFERED_BYTES',
    'SLOW_READER_TIMEOUT_MS',
    'KEEP_ALIVE_TIMEOUT_MS',
    'DB_SSL_CA',
    'LOG_LEVEL',
    'SOMETHING_ELSE',
  ],
];

const FILES = SECRETS.map((name) => `${name}_FILE`);
const readText = (path: string): string => {
  if (path.length % 2 === 0) throw new Error('ENOENT');
  return 'from a file\n';
};

/** Texts that are near to what the settings take. */
const near = fc.oneof(
  fc.constantFrom('', ' ', '0', '1', '-1', '1e9', '99999999999', 'true', 'production', '*', '24h', ',', 'silent'),
  fc.stringMatching(/^(postgres|postgresql|redis|rediss|https?|unix):\/\/[a-z0-9%:@,/?#&=*.[\]-]{0,24}$/),
  fc.stringMatching(/^postgres:\/\/u@h\/d\?(sslmode|schema|options|host|port|pgbouncer|x)=[a-z0-9%,/+&=-]{0,12}$/),
  fc.nat().map(String),
);
const value = fc.option(fc.oneof(near, fc.string(), fc.string({ unit: 'binary' })), { nil: undefined });
/** Longer than anything that a message says by itself, so that to find it is to have shown it. */
const secret = fc.oneof(
  fc.string({ minLength: 12, maxLength: 60 }),
  fc.stringMatching(/^(redis|postgres):\/\/[a-z]{0,3}:[a-zA-Z0-9%]{12,30}@[a-z]{0,5}(:[0-9]{1,6})?$/),
);
const environment = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...OTHERS, ...FILES), value, { maxKeys: 12 }),
    fc.dictionary(fc.constantFrom(...SECRETS), secret, { maxKeys: 4 }),
  )
  .map(([others, secrets]) => ({ others, secrets }));

test('any environment is read, or refused by problems that show no secret', async () => {
  await check('config', environment, 250, ({ others, secrets }) => {
    const problems = problemsOf({ ...others, ...secrets });
    if (!problems) return;
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem.split('\n')).toHaveLength(1);
    const shown = problems.join('\n');
    const known = Object.values(others).join('\n');
    for (const one of Object.values(secrets)) {
      if (!known.includes(one) && one.trim().length >= 12) expect(shown).not.toContain(one.trim());
    }
  });
});

/** Whatever is in it: escaped, or not where nothing else than the password is behind it. */
const password = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }).filter((text) => text.isWellFormed());

test('a password in an address arrives as it is', async () => {
  await check('config-password', password, 250, (text) => {
    const escaped = encodeURIComponent(text);
    const { database } = readConfig({ DATABASE_URL: `postgres://u:${escaped}@h/d?sslmode=disable` });
    expect(database).toMatchObject({ url: `postgres://u:${escaped}@h:5432/d` });
    expect(readConfig({ REDIS_URL: `redis://u:${escaped}@h/3` }).redis).toMatchObject({ password: text, db: 3 });
    if (/[\s%]/.test(text)) return;
    expect(readConfig({ DATABASE_URL: `postgres://u:${text}@h/d` }).database).toMatchObject({
      url: `postgres://u:${escaped}@h:5432/d`,
    });
  });
});

const line = fc.oneof(
  fc.stringMatching(/^(export )?[A-C] ?= ?[a-z'"`#$\\ \t]{0,12}$/),
  fc.constantFrom('', '# a', "A='", 'B="x', '"', 'C=1 # c'),
  fc.string({ maxLength: 10 }),
);

test('any file .env is read, or its bad line is named', async () => {
  await check('config-env-file', fc.array(line, { maxLength: 8 }), 500, (lines) => {
    const [unix, windows] = [parseEnv(lines.join('\n')), parseEnv(lines.join('\r\n'))];
    expect(windows).toEqual(unix);
    if ('badLine' in unix) expect(unix.badLine).toBeLessThanOrEqual(Math.max(1, lines.length));
    else for (const key of Object.keys(unix.values)) expect(key).toMatch(/^[A-Za-z_][\w.-]*$/);
  });
});

test('a quoted value arrives as it is', async () => {
  await check('config-env-quoted', fc.string({ maxLength: 40 }), 250, (text) => {
    if (/\r/.test(text)) return;
    const escaped = text.replaceAll(/[\\"]/g, (character) => `\\${character}`);
    const parsed = parseEnv(`A="${escaped}" # end\nB=2`);
    expect('values' in parsed && { ...parsed.values }).toEqual({ A: text, B: '2' });
  });
});

/** Undefined where the environment is a good one. */
function problemsOf(env: Record<string, string | undefined>): readonly string[] | undefined {
  try {
    readConfig(env, readText);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
}
