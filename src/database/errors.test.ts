// What failed statements mean, for both drivers' errors (tests/integration/database.test.ts has the real ones).
import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { ChatError } from '../protocol/errors.ts';
import { DatabaseTimeout, isUnavailable, sqlState, toChatError, violatedConstraint, withoutValues } from './errors.ts';

/** The error as drizzle wraps it. */
function wrapped(fields: object, message = 'failed'): DrizzleQueryError {
  return new DrizzleQueryError('select $1', ['typed by a user'], Object.assign(new Error(message), fields));
}

function violation(fields: object): DrizzleQueryError {
  return wrapped({ severity: 'ERROR', code: '23505', ...fields });
}

describe('isUnavailable', () => {
  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECT_TIMEOUT'],
    ...['CONNECTION_DESTROYED', 'DATABASE_TIMEOUT'],
  ])('is true for the lost link %s, wrapped or not', (code) => {
    expect(isUnavailable(wrapped({ code }))).toBe(true);
    expect(isUnavailable(Object.assign(new Error('failed'), { code }))).toBe(true);
  });

  it.each(['57P01', '57P03', '57014', '53300', '55P03', '40P01', '40001', '08006', '25006', '58030'])(
    'is true for SQLSTATE %s',
    (code) => {
      expect(isUnavailable(wrapped({ severity: 'FATAL', code }))).toBe(true);
    },
  );

  it.each(['23505', '42601', '28P01', '3D000', '22001'])('is false for SQLSTATE %s', (code) => {
    expect(isUnavailable(wrapped({ severity: 'ERROR', code }))).toBe(false);
  });

  it('knows a closed PGlite, our own limits and what was said before', () => {
    expect(isUnavailable(wrapped({}, 'PGlite is closed'))).toBe(true);
    expect(isUnavailable(new DatabaseTimeout('no answer'))).toBe(true);
    expect(isUnavailable(new ChatError('UNAVAILABLE'))).toBe(true);
  });

  it.each([undefined, null, 'text', 7, {}, new Error('bug'), new ChatError('FORBIDDEN')])(
    'is false for %s',
    (error) => {
      expect(isUnavailable(error)).toBe(false);
    },
  );
});

describe('sqlState and violatedConstraint', () => {
  it('return what the server said, for either driver', () => {
    expect(violatedConstraint(violation({ constraint_name: 'UQ_a' }))).toBe('UQ_a');
    expect(violatedConstraint(violation({ constraint: 'UQ_b' }))).toBe('UQ_b');
    expect(sqlState(violation({}))).toBe('23505');
  });

  it('do not take a code of the operating system for an SQLSTATE', () => {
    expect(sqlState(wrapped({ code: 'EPIPE' }))).toBeUndefined();
    expect(violatedConstraint(wrapped({ code: 'EPIPE', constraint: 'no' }))).toBeUndefined();
  });
});

describe('toChatError', () => {
  it.each([
    [
      'EMAIL_TAKEN',
      { table_name: 'users', constraint_name: 'UQ_9', detail: 'Key (email)=(username@x) already exists.' },
    ],
    [
      'EMAIL_TAKEN',
      { table: 'users', constraint: 'x', detail: 'Schlüssel »(lower(email::text))=(a@x)« existiert bereits.' },
    ],
    ['EMAIL_TAKEN', { table: 'users', constraint: 'UQ_users_email' }],
    [
      'USERNAME_TAKEN',
      { table_name: 'users', constraint_name: 'UQ_f', detail: 'Key (username)=(email)=(x) already exists.' },
    ],
    ['USERNAME_TAKEN', { table: 'users', constraint: 'UQ_users_username' }],
    ['ALREADY_MEMBER', { table: 'channel_members', constraint: 'UQ_1', detail: 'Key ("userId", "channelId")=(1, 2)' }],
  ])('is %s for a uniqueness broken', (code, fields) => {
    expect(toChatError(violation(fields))?.code).toBe(code);
  });

  it('is UNAVAILABLE with a cause that shows no values', () => {
    const error = toChatError(wrapped({ code: 'ECONNREFUSED' }));
    expect(error?.code).toBe('UNAVAILABLE');
    expect(error?.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(JSON.stringify([error?.cause, String(error?.cause)])).not.toContain('typed');
  });

  it('leaves a ChatError as it is, and returns undefined for other errors', () => {
    const error = new ChatError('FORBIDDEN');
    expect(toChatError(error)).toBe(error);
    expect(toChatError(new Error('bug'))).toBeUndefined();
    expect(toChatError(violation({ table: 'chats', constraint: 'UQ_chats_conversation_seq' }))).toBeUndefined();
  });
});

describe('withoutValues', () => {
  it('keeps the message, code, constraint and statement, and nothing that was typed', () => {
    const original = violation({
      table: 'users',
      constraint: 'UQ_9',
      detail: 'Key (email)=(secret@x)',
      params: ['secret@x'],
    });
    const clean = withoutValues(original) as Error & Record<string, unknown>;
    expect(clean).toMatchObject({ code: '23505', constraint: 'UQ_9', statement: 'select $1', message: 'failed' });
    expect(JSON.stringify([Object.entries(clean), clean.message, clean.stack])).not.toMatch(/secret|typed/);
  });

  it('returns any other error itself', () => {
    const bug = new Error('bug', { cause: new Error('inner') });
    expect(withoutValues(bug)).toBe(bug);
  });
});
