// The interface between the hub and transports. Nothing here knows a socket or a library.

import type { ClientFrameType } from '../../protocol/client-frames.ts';
import type { ErrorCode, ErrorDetail } from '../../protocol/errors.ts';
import type { Outgoing } from './outgoing.ts';

/** One connection as the hub sees it. No method throws. After the close all do nothing. */
export interface Transport {
  readonly name: 'raw' | 'socketio';
  /** The peer's address, as limits count it: see lib/client-address.ts. */
  readonly address: string;
  /** Hands all of these to the peer in one write, in order. */
  write(batch: readonly Outgoing[]): void;
  /** Bytes that the peer's socket has not taken yet, including a library's own answers. */
  bufferedBytes(): number;
  /**
   * A number that changes whenever the peer's socket takes bytes while `bufferedBytes` is not 0. It tells a slow reader
   * from one that reads nothing.
   */
  progress(): number;
  /** Pings the peer. Its answer arrives as `session.alive()`. */
  ping(): void;
  /** Closes with the protocol's closing handshake. What was written before goes out first. */
  close(code: number, reason: string): void;
  /** Cuts the connection without a closing handshake. */
  terminate(): void;
  /** True once the connection is gone on this side too, and nothing more will be sent. */
  isClosed(): boolean;
}

export interface AnswerError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetail[];
  readonly retry_after_ms?: number;
}

/** The answer to a client frame. */
export type Answer =
  | { readonly ok: true; readonly type: ClientFrameType; readonly data: unknown }
  | { readonly ok: false; readonly type: string | undefined; readonly error: AnswerError };

/** One client frame, decoded from whatever carried it, and how to answer it. */
export interface Incoming {
  /** The parsed frame as the client sent it, not validated. */
  readonly frame: unknown;
  /**
   * Encodes the answer for this client, or returns undefined if none is due. Called once, synchronously before any live
   * frame that follows from the answer. The session sends the result.
   */
  readonly encode: (answer: Answer) => Outgoing | undefined;
}

/** The hub's side of one connection, which the transport calls. */
export interface Session {
  /** Unique in the cluster; the `client_id` of `connection.connect`. */
  readonly id: string;
  /** A client frame has arrived. */
  receive(incoming: Incoming): void;
  /** Something arrived that is not a frame (not JSON). It is counted and answered INVALID_FRAME. */
  receiveGarbage(encode: Incoming['encode']): void;
  /** A sign of life that is not a frame (a ping, a handshake). It is counted like a frame, against floods. */
  alive(): void;
  /** `bufferedBytes` is 0 again after it was not. */
  drained(): void;
  /** The connection is gone, for any reason. */
  closed(): void;
}
