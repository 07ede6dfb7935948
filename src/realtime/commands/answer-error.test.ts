import { expect, it } from 'vitest';
import { createSilentLogger } from '../../../tests/support/silent-logger.ts';
import { ChatError } from '../../protocol/errors.ts';
import { answerError } from './answer-error.ts';

it('says in whole milliseconds when to try again, not too early', () => {
  const error = new ChatError('RATE_LIMITED', 'Wait', { retryAfterMs: 59_696.18 });
  const answer = { code: 'RATE_LIMITED', message: 'Wait', retry_after_ms: 59_697 };
  expect(answerError(error, createSilentLogger())).toEqual(answer);
});
