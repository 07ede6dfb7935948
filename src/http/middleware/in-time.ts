// A call is answered in time whatever hangs: one deadline, taken when it comes, for everything that is done for it.
import type { MiddlewareHandler } from 'hono';
import { createDeadlines, isPast } from '../../lib/deadline.ts';
import { ChatError } from '../../protocol/errors.ts';
import { CallTime } from '../call-time.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';

/** How late a call that is not answered in time hears so. */
const LATE_BY_MS = 250;

/** Throws UNAVAILABLE for the client when the time is over; what is under way then goes on, but begins nothing more. */
export function createInTime(): MiddlewareHandler<HttpEnvironment> {
  const deadlines = createDeadlines(LATE_BY_MS);
  return function inTime(c, next) {
    const time = new CallTime();
    c.set('time', time);
    return new Promise((resolve, reject) => {
      time.expire = () => reject(tooLate());
      deadlines.add(time);
      const end = () => deadlines.remove(time);
      next().then(
        () => {
          end();
          resolve();
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  };
}

/** Throws where the client has been told already that it took too long: for the places behind which the work begins. */
export function assertInTime(c: HttpContext): void {
  if (isPast(c.get('time').deadline)) throw tooLate();
}

function tooLate(): ChatError {
  return new ChatError('UNAVAILABLE', 'It took too long: try again');
}
