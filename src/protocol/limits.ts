// Limits of the protocol that no setting changes.

export const LIMITS = {
  /** Largest id: PostgreSQL's integer. */
  MAX_ID: 2_147_483_647,
  FRAME_ID_LENGTH: 64,
  CLIENT_ID_LENGTH: 64,
  USERNAME_MIN: 3,
  USERNAME_MAX: 50,
  EMAIL_MAX: 255,
  PASSWORD_MIN: 6,
  PASSWORD_MAX: 128,
  CHANNEL_NAME_MAX: 255,
  CHANNEL_USERS_MAX: 1000,
  /** The largest number of channels that one connection reads at once. */
  CONNECTION_CHANNELS_MAX: 5000,
  /** The largest number of channels that one frame joins. */
  JOINS_MAX: 500,
  /** The largest number of logs that a sync compares, and of entries in a page of it. */
  HEADS_MAX: 5000,
  SYNC_MAX: 200,
  SYNC_DEFAULT: 100,
  /** The largest number of conversations that one call marks as read. */
  MARKS_MAX: 500,
  URL_MAX: 500,
  FILE_NAME_MAX: 255,
  EMOJI_BYTES_MAX: 64,
  /** Different emoji of one message, and reactions of one user to it. The SQL function `react` knows them too. */
  EMOJIS_OF_MESSAGE_MAX: 20,
  REACTIONS_OF_USER_MAX: 3,
  /** How many of those who reacted are named in the message. */
  REACTION_USERS_SHOWN: 20,
  /** The largest number of reactions that come or go in one event. */
  REACTION_CHANGES_MAX: 100,
  OWN_REACTIONS_MESSAGES_MAX: 200,
  PAGE_MAX: 100,
  PAGE_DEFAULT: 20,
  MESSAGES_BY_ID_MAX: 100,
  PINS_MAX: 50,
  METADATA_BYTES: 4096,
  METADATA_DEPTH: 5,
  /** Join and leave are not announced in channels with more live users. */
  ANNOUNCED_USERS_MAX: 256,
  /** A connection without a token is closed after this time. */
  AUTHENTICATION_TIMEOUT_MS: 10_000,
  /**
   * The longest time from a frame or call to its answer; after it the answer is UNAVAILABLE. Clients are promised 10 s:
   * the last second is for a busy process and the network.
   */
  ANSWER_MS: 9_000,
} as const;
