// Messages of one channel on their way from its one sender to all of its receivers: who has what, and after how long.
import type { Latencies } from './latencies.ts';

export class Room {
  /** Of all receivers together. */
  deliveries = 0;
  sent = 0;
  /** Called when all receivers have a message. */
  onComplete = (): void => {};
  private readonly receivers: number;
  private readonly latencies: Latencies | undefined;
  /** Number in the log of the first message: the sender is the only one, so the others follow it in its order. */
  private first = 0;
  private readonly sentAt: number[] = [];
  /** How many receivers have each message. */
  private readonly arrived: number[] = [];
  /** Deliveries that were not of the next message after the receiver's last one. */
  private faults = 0;

  constructor(receivers: number, latencies?: Latencies) {
    this.receivers = receivers;
    this.latencies = latencies;
  }

  /** Call it just before a message is sent; gives the message's number. */
  noteSent(): number {
    this.sentAt.push(performance.now());
    this.arrived.push(0);
    return this.sent++;
  }

  /** What one receiver calls with the number of each message that it gets. */
  receiver(): (seq: number) => void {
    let last = 0;
    return (seq) => {
      if (this.first === 0) this.first = seq;
      if (seq !== (last || this.first - 1) + 1) this.faults += 1;
      last = seq;
      this.note(seq - this.first);
    };
  }

  /** How many deliveries were missing, double or out of order: 0 where what was sent came to all, once and in order. */
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
