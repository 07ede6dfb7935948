// How the hub sees a connection, and what it wants to hear from it. Nothing here knows a socket or a library.

import type { ClientFrameType } from '../../protocol/client-frames.ts';
import type { ErrorCode, ErrorDetail } from '../../protocol/errors.ts';
import type { Outgoing } from './outgoing.ts';

/** One connection as the hub sees it. No method throws; after the close all do nothing. */
export interface Transport {
  readonly name: 'raw' | 'socketio';
  /** The peer's, as limits count it: see lib/client-address.ts. */
  readonly address: string;
  /** Hands all of these to the peer in one write, in order. */
  write(batch: readonly Outgoing[]): void;
  /** Bytes that the peer's socket has not taken yet, whoever wrote them: a library's own answers too. */
  bufferedBytes(): number;
  /**
   * A number that changes whenever the peer's socket takes bytes while `bufferedBytes` is not 0: tells a slow reader
   * from one that reads nothing.
   */
  progress(): number;
  /** Asks the peer for a sign of life; its answer arrives as `session.alive()`. */
  ping(): void;
  /** Closes with the protocol's closing handshake, what was written before goes out first. */
  close(code: number, reason: string): void;
  /** Cuts the connection without a word. */
  terminate(): void;
  /** True once the connection is gone on this side too: nothing more will be sent. */
  isClosed(): boolean;
}

export interface AnswerError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetail[];
  readonly retry_after_ms?: number;
}

/** The one answer to a client frame. */
export type Answer =
  | { readonly ok: true; readonly type: ClientFrameType; readonly data: unknown }
  | { readonly ok: false; readonly type: string | undefined; readonly error: AnswerError };

/** One client frame, decoded from whatever carried it, and how to answer it. */
export interface Incoming {
  /** The parsed frame as the client sent it; anything. */
  readonly frame: unknown;
  /**
   * Encodes the answer for this client, or gives undefined where none is due. Called once, synchronously before any
   * live frame that follows from the answer. The session sends what it gives.
   */
  readonly encode: (answer: Answer) => Outgoing | undefined;
}

/** The hub's side of one connection: what a transport tells it. */
export interface Session {
  /** Unique in the cluster; the `client_id` of `connection.connect`. */
  readonly id: string;
  /** A client frame has come. */
  receive(incoming: Incoming): void;
  /** Something came that is no frame at all (not JSON): answered INVALID_FRAME and counted. */
  receiveGarbage(encode: Incoming['encode']): void;
  /** A sign of life that is no frame (a ping, a handshake): counted like one, so that there is no flood of them either. */
  alive(): void;
  /** `bufferedBytes` is 0 again after it was not. */
  drained(): void;
  /** The connection is gone, for whatever reason. */
  closed(): void;
}
