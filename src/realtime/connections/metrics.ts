// The metrics of the hub. Implemented in runtime/, where the metrics library is.

export interface HubMetrics {
  /** A client frame has arrived. `type` is one of the protocol's, or `invalid`. */
  frameReceived(type: string): void;
  /** The server closed a connection with this code. */
  closedByServer(code: number): void;
}
