// A semaphore: a fixed number of places, given in the order of arrival. See waiting-room.ts.
import { createWaitingRoom, type WaitingOrder, type WaitingRoomOptions } from './waiting-room.ts';

const FIRST_COME: WaitingOrder<undefined> = {
  first: ([longest]) => longest,
  last: () => undefined,
};

/** `run` works as that of a waiting room, in the order of arrival. */
export function createSemaphore(options: WaitingRoomOptions) {
  const room = createWaitingRoom(options, FIRST_COME);
  return { run: <T>(work: () => Promise<T>): Promise<T> => room.run(undefined, work) };
}
