// What waits to be written to one connection: bounded, and written once a turn.

import type { FlushScheduler } from './flush-scheduler.ts';
import type { Outgoing } from './outgoing.ts';
import type { Transport } from './transport.ts';

export interface OutboxLimits {
  /** Unsent bytes past which a connection gets no more live frames. */
  readonly maxBufferedBytes: number;
}

/** Whose outbox it is. */
export interface OutboxOwner {
  /** The peer's socket is full: `lagging` is true from now on, until the owner makes it false. */
  lags(): void;
  /** What was to be written could not be: the connection is of no use any more. Never throws. */
  failed(error: unknown): void;
}

/** Answers may go past the bound of live frames, but not further than this: then the peer is cut off. */
const ANSWER_ALLOWANCE = 1 << 20;

export class Outbox {
  /** True while the peer's socket is full: live frames are not queued, their readers fall behind instead. */
  lagging = false;
  /** When `lagging` began or bytes were last taken, and the transport's progress then: for the slow-reader timeout. */
  stalledSince = 0;
  stalledAt = 0;
  private readonly transport: Transport;
  private readonly scheduler: FlushScheduler;
  private readonly limits: OutboxLimits;
  private readonly owner: OutboxOwner;
  /** What this turn brought. */
  private pending: Outgoing[] | undefined;

  constructor(transport: Transport, scheduler: FlushScheduler, limits: OutboxLimits, owner: OutboxOwner) {
    this.transport = transport;
    this.scheduler = scheduler;
    this.limits = limits;
    this.owner = owner;
  }

  /** Queues frames to leave at the end of this turn. */
  push(frames: Outgoing): void {
    if (this.pending) {
      this.pending.push(frames);
      return;
    }
    this.pending = [frames];
    this.scheduler.outbox(this);
  }

  /** True where the peer takes so little that even answers would pile up, those that a library writes included. */
  overflowing(): boolean {
    return this.transport.bufferedBytes() > this.limits.maxBufferedBytes + ANSWER_ALLOWANCE;
  }

  flush(): void {
    const batch = this.pending;
    if (!batch) return;
    this.pending = undefined;
    // Others are flushed in the same turn.
    try {
      this.write(batch);
    } catch (error) {
      this.owner.failed(error);
    }
  }

  private write(batch: readonly Outgoing[]): void {
    this.transport.write(batch);
    if (!this.lagging && this.transport.bufferedBytes() > this.limits.maxBufferedBytes) {
      this.lagging = true;
      this.stalledSince = 0;
      this.owner.lags();
    }
  }
}
