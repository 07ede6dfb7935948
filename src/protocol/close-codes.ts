// Why the server closes a WebSocket: the closed table of close codes. What they mean to clients is in docs/protocol.md.

export const CLOSE = {
  /** The node drains: come back elsewhere. */
  DRAIN: 1001,
  /** A binary message arrived; frames are text. */
  BINARY: 1003,
  /** A text message is no UTF-8. */
  NOT_UTF8: 1007,
  TOO_LARGE: 1009,
  /** Authentication failed or came late, or the token ran out. */
  UNAUTHENTICATED: 4401,
  /** An admin disconnected the user. */
  DISCONNECTED: 4403,
  /** The peer reads nothing. */
  SLOW_READER: 4408,
  /** The peer sends far more than it may. */
  FLOOD: 4429,
} as const;

/** After these a client is to come back by itself: on Socket.IO, which has no codes, it is not told to disconnect. */
export const COMES_BACK: ReadonlySet<number> = new Set([CLOSE.DRAIN, CLOSE.SLOW_READER]);
