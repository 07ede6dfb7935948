// What the hub counts. Implemented in runtime/, where the metrics library is.

export interface HubMetrics {
  /** A client frame has come; `type` is one of the protocol's, or `invalid`. */
  frameReceived(type: string): void;
  /** A connection was closed by the server with this code. */
  closedByServer(code: number): void;
}
