// The clock of the machine.
import type { Cancel, Clock } from './clock.ts';

/** Timers count in 31 bits: a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** `defer` calls back after the current turn of the event loop. Each runtime has its own function for it. */
export function createSystemClock({ defer }: { readonly defer: (run: () => void) => void }): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now(), after, every, defer };
}

function after(ms: number, run: () => void): Cancel {
  const step = Math.min(ms, LONGEST_TIMER_MS);
  let cancel: Cancel;
  const timer = setTimeout(() => {
    if (ms <= step) run();
    else cancel = after(ms - step, run);
  }, step);
  release(timer);
  cancel = () => clearTimeout(timer);
  return () => cancel();
}

function every(ms: number, run: () => void): Cancel {
  const timer = setInterval(run, ms);
  release(timer);
  return () => clearInterval(timer);
}

/** Lets the process end while the timer runs, if the runtime's timers allow that. */
function release(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref();
}
