import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('the first request already gets the state of the event loop', async () => {
  const text = await createMetrics().http.text();
  for (const name of ['min', 'max', 'mean', 'p99']) {
    const [, value] = text.match(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm')) ?? [];
    // Without a sample the library reports NaN, or hundreds of years.
    expect(Number(value)).toBeGreaterThan(0);
    expect(Number(value)).toBeLessThan(1_000);
  }
});
