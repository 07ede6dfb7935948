// Why the server closes a WebSocket: the closed table of close codes.

export const CLOSE = {
  /** The node drains: come back elsewhere. */
  DRAIN: 1001,
  /** A binary message arrived; frames are text. */
  BINARY: 1003,
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
