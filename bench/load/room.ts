// Tracks messages of one channel from its one sender to all receivers: who has received what, and after how long.
import type { Latencies } from './latencies.ts';

export class Room {
  /** For all receivers together. */
  deliveries = 0;
  sent = 0;
  /** Called when all receivers have a message. */
  onComplete = (): void => {};
  private readonly receivers: number;
  private readonly latencies: Latencies | undefined;
  /** The log's number of the first message. There is only one sender, so the others follow in its order. */
  private first = 0;
  private readonly sentAt: number[] = [];
  /** How many receivers have each message. */
  private readonly arrived: number[] = [];
  /** Deliveries that were not the message after the receiver's last one. */
  private faults = 0;

  constructor(receivers: number, latencies?: Latencies) {
    this.receivers = receivers;
    this.latencies = latencies;
  }

  /** Call it just before sending a message. Returns the message's number. */
  noteSent(): number {
    this.sentAt.push(performance.now());
    this.arrived.push(0);
    return this.sent++;
  }

  /** Returns a function that one receiver calls with the number of each message it gets. */
  receiver(): (seq: number) => void {
    let last = 0;
    return (seq) => {
      if (this.first === 0) this.first = seq;
      if (seq !== (last || this.first - 1) + 1) this.faults += 1;
      last = seq;
      this.note(seq - this.first);
    };
  }

  /**
   * How many deliveries were missing, double or out of order. 0 if everything reached all receivers, once and in order.
   */
  wrong(): number {
    return this.faults + Math.abs(this.sent * this.receivers - this.deliveries);
  }

  isComplete(): boolean {
    return this.deliveries >= this.sent * this.receivers;
  }

  private note(index: number): void {
    this.deliveries += 1;
    const count = (this.arrived[index] ?? 0) + 1;
    this.arrived[index] = count;
    this.latencies?.note(performance.now() - (this.sentAt[index] ?? 0));
    if (count === this.receivers) this.onComplete();
  }
}
