// How often the server pings a peer, on every transport, and how long it waits for a sign of life.

export const PING_INTERVAL_MS = 25_000;
/** A peer that sent nothing for this time is disconnected: the interval, and as long as an answer may take. */
export const PING_TIMEOUT_MS = PING_INTERVAL_MS + 35_000;
