// How often the server asks a peer for a sign of life, on every transport, and how long it waits for one.

export const PING_INTERVAL_MS = 25_000;
/** A peer that gave no sign of life for this time is dropped. */
export const PING_TIMEOUT_MS = 60_000;
