// A semaphore: a fixed number of places, given in the order of arrival. See waiting-room.ts.
import { createWaitingRoom, type WaitingOrder, type WaitingRoomOptions } from './waiting-room.ts';

export interface Semaphore {
  /** Runs `work` when a place is free, in the order of arrival. Rejects with the refusal if `work` never began. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

const FIRST_COME: WaitingOrder<undefined> = {
  first: ([longest]) => longest,
  last: () => undefined,
};

export function createSemaphore(options: WaitingRoomOptions): Semaphore {
  const room = createWaitingRoom(options, FIRST_COME);
  return { run: (work) => room.run(undefined, work) };
}
