// A teardown does all its steps, in reverse order, once.
import { expect, test } from 'vitest';
import { createTeardown } from './teardown.ts';

test('the last that was started stops first; a failure stops nothing', async () => {
  const done: string[] = [];
  const logged: object[] = [];
  const quiet = () => {};
  const teardown = createTeardown({ debug: quiet, info: quiet, warn: quiet, error: (fields) => logged.push(fields) });
  const failure = new Error('no');
  teardown.add('first', () => done.push('first'));
  teardown.add('second', () => Promise.reject(failure));
  teardown.add('third', async () => {
    await null;
    done.push('third');
  });
  await Promise.all([teardown.run(), teardown.run()]);
  expect(done).toEqual(['third', 'first']);
  expect(logged).toEqual([{ err: failure, step: 'second' }]);
});
