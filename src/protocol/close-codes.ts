// All close codes with which the server closes a WebSocket. docs/protocol.md says what they mean to clients.

export const CLOSE = {
  /** The node drains: the client should connect to another one. */
  DRAIN: 1001,
  /** A binary message arrived; frames are text. */
  BINARY: 1003,
  /** A text message is not UTF-8. */
  NOT_UTF8: 1007,
  TOO_LARGE: 1009,
  /** Authentication failed or came too late, or the token expired. */
  UNAUTHENTICATED: 4401,
  /** An admin disconnected the user. */
  DISCONNECTED: 4403,
  /** The peer reads nothing. */
  SLOW_READER: 4408,
  /** The peer sends far more than it may. */
  FLOOD: 4429,
} as const;

/** After these codes clients should reconnect. So Socket.IO, which has no codes, does not tell them to disconnect. */
export const RECONNECT_AFTER: ReadonlySet<number> = new Set([CLOSE.DRAIN, CLOSE.SLOW_READER]);
