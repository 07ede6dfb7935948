// Addresses of PostgreSQL and Redis as platforms give them and people write them: each works, or is refused by name.
import { describe, expect, test } from 'vitest';
import { type ConfigError, readConfig } from './config.ts';

const CA = '-----BEGIN CERTIFICATE-----';
const files: Readonly<Record<string, string>> = { '/ca.pem': CA, '/cert.pem': 'a certificate', '/key.pem': 'a key' };

function readText(path: string): string {
  const text = files[path];
  if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
  return text;
}

function database(address: string, more: Record<string, string> = {}) {
  return readConfig({ DATABASE_URL: address, ...more }, readText).database;
}

function problem(env: Record<string, string>): string {
  try {
    readConfig(env, readText);
  } catch (error) {
    expect((error as ConfigError).problems).toHaveLength(1);
    return (error as ConfigError).problems[0] ?? '';
  }
  return 'none';
}

const OFF = false;
const ENCRYPTED = { rejectUnauthorized: false };
const VERIFIED = { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) };

describe('an address of PostgreSQL', () => {
  test.each([
    ['postgres://u:p@h:5433/chat', 'postgres://u:p@h:5433/chat'],
    ['postgresql://u:p@h/chat', 'postgres://u:p@h:5432/chat'],
    ['POSTGRES://u@h/chat', 'postgres://u@h:5432/chat'],
    ['postgres://h', 'postgres://h:5432/'],
    ['postgres://u:@h/chat', 'postgres://u@h:5432/chat'],
    ['postgres:///chat', 'postgres://localhost:5432/chat'],
    ['postgres://u:p%40s%2Fs%3F%25@h/chat', 'postgres://u:p%40s%2Fs%3F%25@h:5432/chat'],
    ['postgres://u:p@ss@h/chat', 'postgres://u:p%40ss@h:5432/chat'],
    ['postgres://u:p/s?s#w:x@h:1/chat', 'postgres://u:p%2Fs%3Fs%23w%3Ax@h:1/chat'],
    ['postgres://u:100%@h/chat', 'postgres://u:100%25@h:5432/chat'],
    ['postgres://u:p?a=b@h/chat?sslmode=disable', 'postgres://u:p%3Fa%3Db@h:5432/chat'],
    ['postgres://u:ümläut@h/chat', 'postgres://u:%C3%BCml%C3%A4ut@h:5432/chat'],
    ['postgres://[::1]:5433/chat', 'postgres://[::1]:5433/chat'],
    ['postgres://u@2001:db8::7/chat', 'postgres://u@[2001:db8::7]:5432/chat'],
    ['postgres://u@a,b:5433,[::1]/chat', 'postgres://u@a:5432,b:5433,[::1]:5432/chat'],
    ['postgres://u:p@/chat?host=h&port=5433', 'postgres://u:p@h:5433/chat'],
    ['postgres://?host=a,b&port=1,2&user=u&password=p%40&dbname=c', 'postgres://u:p%40@a:1,b:2/c'],
    ['postgres://my_service/my-chat', 'postgres://my_service:5432/my-chat'],
  ])('%s', (address, url) => {
    expect(database(address)).toEqual({ kind: 'postgres', url, poolMax: 10, ssl: OFF });
  });

  test.each([
    ['postgres://u@%2Fvar%2Frun%2Fpostgresql/chat', '/var/run/postgresql/.s.PGSQL.5432'],
    ['postgres://u@%2Ftmp:5433/chat', '/tmp/.s.PGSQL.5433'],
    ['postgres:///chat?host=/var/run/postgresql&user=u', '/var/run/postgresql/.s.PGSQL.5432'],
    [
      'postgres://u@localhost/chat?host=/cloudsql/project:region:instance',
      '/cloudsql/project:region:instance/.s.PGSQL.5432',
    ],
    ['postgres://u@/chat?host=/run/pg/&port=5433&sslmode=require', '/run/pg/.s.PGSQL.5433'],
  ])('a socket: %s', (address, path) => {
    expect(database(address)).toMatchObject({ path, ssl: OFF });
  });

  test('a socket in parts', () => {
    const env = { DB_HOST: '/run/pg', DB_PORT: '5433', DB_SSL: 'true' };
    expect(readConfig(env).database).toMatchObject({ path: '/run/pg/.s.PGSQL.5433', ssl: false });
  });

  test.each([
    'mysql://u@h/chat',
    'postgres:/h/chat',
    'postgres://',
    'postgres://u@h/chat/more',
    'postgres://u@h:0/chat',
    'postgres://u@h:65536/chat',
    'postgres://u@h:port/chat',
    'postgres://u@a,/chat',
    'postgres://u@/run/a,/run/b/chat',
    'postgres://u@h o/chat',
    'postgres://u@[::x]/chat',
    'jdbc:postgresql://h/chat',
    'psql "postgres://u@h/chat"',
  ])('is refused: %s', (address) => {
    expect(problem({ DATABASE_URL: address })).toMatch(/^DATABASE_URL \(value not shown\): it takes an address like /);
  });
});

describe('a parameter of DATABASE_URL', () => {
  const base = { kind: 'postgres', url: 'postgres://u:p@h:5432/chat', poolMax: 10, ssl: OFF };

  test.each([
    ['sslmode=disable', {}],
    ['sslmode=require', { ssl: ENCRYPTED }],
    ['sslmode=prefer', { ssl: ENCRYPTED }],
    ['sslmode=no-verify', { ssl: ENCRYPTED }],
    ['sslmode=verify-ca', { ssl: VERIFIED }],
    ['sslmode=verify-full', { ssl: VERIFIED }],
    ['ssl=true', { ssl: VERIFIED }],
    ['ssl=false', {}],
    ['sslaccept=strict', { ssl: VERIFIED }],
    ['sslaccept=accept_invalid_certs', { ssl: ENCRYPTED }],
    ['sslrootcert=/ca.pem', { ssl: { ...VERIFIED, ca: CA } }],
    ['sslmode=verify-full&sslrootcert=system', { ssl: VERIFIED }],
    ['sslmode=verify-ca&sslrootcert=/ca.pem', { ssl: { ...VERIFIED, ca: CA } }],
    [
      'sslmode=require&sslcert=/cert.pem&sslkey=/key.pem',
      { ssl: { ...ENCRYPTED, cert: 'a certificate', key: 'a key' } },
    ],
    ['sslmode=require&channel_binding=require', { ssl: ENCRYPTED }],
    ['schema=public', {}],
    ['pgbouncer=true&connection_limit=1', { pooled: true, poolMax: 1 }],
    ['pgbouncer=false', {}],
    ['connection_limit=25&pool_timeout=0', { poolMax: 25 }],
    ['target_session_attrs=read-write', { readWrite: true }],
    ['target_session_attrs=any', {}],
    ['application_name=my+chat%20one', { session: { application_name: 'my chat one' } }],
    ['options=-c%20search_path%3Dchat', { session: { options: '-c search_path=chat' } }],
    ['options=endpoint%3Dep-1', { session: { options: 'endpoint=ep-1' } }],
    ['supa=base-pooler.x', {}],
    ['connect_timeout=10&keepalives=1&gssencmode=disable&uselibpqcompat=true&client_encoding=utf8', {}],
    ['', {}],
  ])('?%s', (query, expected) => {
    expect(database(`postgres://u:p@h/chat?${query}`)).toEqual({ ...base, ...expected });
  });

  test.each([
    ['sslmode=on', 'a parameter sslmode that is one of disable, require, prefer, no-verify, verify-ca, verify-full'],
    ['sslmode=', 'a parameter sslmode that is one of'],
    ['ssl=maybe', 'a parameter ssl that is one of'],
    ['sslrootcert=/nowhere.pem', 'a file of certificates that can be read (ENOENT'],
    ['sslmode=disable&sslrootcert=/ca.pem', 'TLS that is verified where an authority is named'],
    ['schema=chat', 'a parameter schema that is public'],
    ['pgbouncer=yes', 'a parameter pgbouncer that is one of true, false'],
    ['connection_limit=0', 'a parameter connection_limit that is a whole number from 1 to 1000'],
    ['target_session_attrs=standby', 'a parameter target_session_attrs that is one of any, read-write, primary'],
    ['application_name=', 'a parameter application_name that is a name'],
    ['search_path=chat', 'no parameter "search_path" (sslmode, '],
    ['constructor=1', 'no parameter "constructor" ('],
    ['sslcrl=/crl.pem', 'no parameter "sslcrl" ('],
  ])('?%s is refused by name', (query, takes) => {
    const said = problem({ DATABASE_URL: `postgres://u:hunter2@h/chat?${query}` });
    expect(said).toContain(`DATABASE_URL (value not shown): it takes ${takes}`);
    expect(said).not.toContain('hunter2');
  });

  test('overrides what other variables say of TLS, but not of the pool', () => {
    const env = { DB_SSL: 'true', DB_POOL_MAX: '5' };
    expect(database('postgres://h/chat?sslmode=disable&connection_limit=9', env)).toMatchObject({
      ssl: OFF,
      poolMax: 5,
    });
  });
});

describe('DB_SSL', () => {
  test.each([
    [{}, OFF],
    [{ DB_SSL: 'false' }, OFF],
    [{ DB_SSL: '0' }, OFF],
    [{ DB_SSL: 'TRUE' }, VERIFIED],
    [{ DB_SSL: '1' }, VERIFIED],
    [{ DB_SSL: 'no-verify' }, ENCRYPTED],
    [
      { DB_SSL: 'true', DB_SSL_CA: '/ca.pem' },
      { ...VERIFIED, ca: CA },
    ],
  ])('%o', (env, ssl) => {
    for (const place of [{ DB_HOST: 'h' }, { DATABASE_URL: 'postgres://h/chat' }]) {
      expect(readConfig({ ...place, ...env }, readText).database).toMatchObject({ ssl });
    }
  });

  test('DB_SSL_CA must be a readable and usable file', () => {
    const missing = problem({ DB_HOST: 'h', DB_SSL: 'true', DB_SSL_CA: '/nowhere.pem' });
    expect(missing).toContain('DB_SSL_CA="/nowhere.pem": it takes a file of certificates that can be read (ENOENT');
    expect(problem({ DB_HOST: 'h', DB_SSL_CA: '/ca.pem' })).toContain(
      'DB_SSL_CA="/ca.pem": it takes TLS that is verified',
    );
  });
});

describe('an address of Redis', () => {
  const one = (address: object, more: object = {}) => ({ nodes: [address], cluster: false, ...more });
  const cache = { host: 'cache', port: 6379 };

  test.each([
    ['redis://cache', one(cache)],
    ['cache', one(cache)],
    ['REDIS://cache:6379/', one(cache)],
    ['redis://default:pw@cache:6379', one(cache, { username: 'default', password: 'pw' })],
    ['redis://default:@cache', one(cache, { username: 'default' })],
    ['redis://:p%40%3A%2F@cache', one(cache, { password: 'p@:/' })],
    ['redis://:p@ss/w#?d@cache/3', one(cache, { password: 'p@ss/w#?d', db: 3 })],
    ['redis://:p,w@cache', one(cache, { password: 'p,w' })],
    ['redis://:100%@cache', one(cache, { password: '100%' })],
    ['rediss://:pw@cache:6380', one({ host: 'cache', port: 6380 }, { password: 'pw', tls: true })],
    ['rediss://cache?ssl_cert_reqs=none', one(cache, { tls: 'unverified' })],
    ['rediss://cache?ssl_cert_reqs=required', one(cache, { tls: true })],
    ['redis://cache?family=0&protocol=3', one(cache)],
    ['redis://cache?db=2&password=pw', one(cache, { db: 2, password: 'pw' })],
    ['redis://[2001:db8::7]:7000', one({ host: '2001:db8::7', port: 7000 })],
    ['unix:/run/redis.sock', one({ host: 'localhost', port: 6379, path: '/run/redis.sock' })],
    ['unix:///run/redis.sock?db=1', one({ host: 'localhost', port: 6379, path: '/run/redis.sock' }, { db: 1 })],
    [
      'redis+unix://:pw@/run/redis.sock',
      one({ host: 'localhost', port: 6379, path: '/run/redis.sock' }, { password: 'pw' }),
    ],
    [
      'rediss://:pw@a:7001,rediss://b:7002',
      {
        nodes: [
          { host: 'a', port: 7001 },
          { host: 'b', port: 7002 },
        ],
        cluster: true,
        password: 'pw',
        tls: true,
      },
    ],
  ])('%s', (address, target) => {
    expect(readConfig({ REDIS_URL: address }).redis).toEqual(target);
  });

  test.each([
    ['http://:hunter2@cache', 'an address like'],
    ['redis://', 'an address like'],
    ['redis://:hunter2@cache:0', 'an address like'],
    ['redis://:hunter2@cache:70000', 'an address like'],
    ['redis://:hunter2@cache/name', 'an address like'],
    ['redis://:hunter2@a,rediss://b', 'an address like'],
    ['redis://:hunter2@a/1,b', 'an address like'],
    ['unix:/a,unix:/b', 'an address like'],
    ['unix:relative', 'an address like'],
    ['redis://:hunter2@cache?sentinel=x', 'no parameter "sentinel"'],
    ['rediss://:hunter2@cache?ssl_cert_reqs=maybe', 'a parameter ssl_cert_reqs that is none or required'],
  ])('is refused: %s', (address, takes) => {
    const said = problem({ REDIS_URL: address });
    expect(said).toContain(`REDIS_URL (value not shown): it takes ${takes}`);
    expect(said).not.toContain('hunter2');
  });
});
