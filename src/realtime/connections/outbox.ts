// The outbox of one connection: frames that wait to be written. It is bounded, and written once a turn.

import type { FlushScheduler } from './flush-scheduler.ts';
import type { Outgoing } from './outgoing.ts';
import type { Transport } from './transport.ts';

export interface OutboxLimits {
  /** With more unsent bytes a connection gets no live frames. */
  readonly maxBufferedBytes: number;
}

/** The connection that has the outbox. */
export interface OutboxOwner {
  /** The peer's socket is full. `lagging` is true from now on, until the owner sets it to false. */
  onLagging(): void;
  /** Writing failed, so the connection is of no use any more. Never throws. */
  failed(error: unknown): void;
}

/** How far answers may exceed the bound of live frames before the peer is cut off. */
const ANSWER_ALLOWANCE = 1 << 20;

export class Outbox {
  /** True while the peer's socket is full. Live frames are not queued then; their readers fall behind instead. */
  lagging = false;
  /** For the slow-reader timeout: when `lagging` began or bytes were last taken, and the transport's progress then. */
  stalledSince = 0;
  stalledAt = 0;
  private readonly transport: Transport;
  private readonly scheduler: FlushScheduler;
  private readonly limits: OutboxLimits;
  private readonly owner: OutboxOwner;
  /** The frames of this turn. */
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

  /** True if the peer takes so little that even answers pile up, including those that a library writes. */
  overflowing(): boolean {
    return this.transport.bufferedBytes() > this.limits.maxBufferedBytes + ANSWER_ALLOWANCE;
  }

  flush(): void {
    const batch = this.pending;
    if (!batch) return;
    this.pending = undefined;
    // Caught here, because other outboxes are flushed in the same turn.
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
      this.owner.onLagging();
    }
  }
}
