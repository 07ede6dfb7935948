// Works on the requests of one connection one after the other, because HTTP wants the answers in this order anyway. So
// for a peer that sends many requests and reads no answer, the service holds one answer, not thousands.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests may wait for earlier answers. Hardly any client sends one before it has the last answer. */
const MAX_WAITING = 64;

/** Runs work for a connection. A failure costs only that connection. */
export type Guarded = (socket: Socket, work: () => void) => void;

interface Connection {
  /** How many of its requests wait. */
  waiting: number;
  /** The turn of the event loop in which a request of it was last worked on. */
  servedIn: number;
}

/** Calls `listener` with each request when the answers before it were sent. Cuts connections on which too many wait. */
export function inTurn(listener: RequestListener, guarded: Guarded): RequestListener {
  const connections = new WeakMap<Socket, Connection>();
  let turn = 0;
  let isTurnCounted = false;

  function connectionOf(socket: Socket): Connection {
    let connection = connections.get(socket);
    if (!connection) {
      connection = { waiting: 0, servedIn: -1 };
      connections.set(socket, connection);
    }
    return connection;
  }

  function serve(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
    if (!isTurnCounted) {
      isTurnCounted = true;
      setImmediate(() => {
        isTurnCounted = false;
        turn += 1;
      });
    }
    connection.servedIn = turn;
    guarded(request.socket, () => listener(request, response));
  }

  function wait(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
    if (connection.waiting >= MAX_WAITING) {
      request.socket.destroy();
      return;
    }
    connection.waiting += 1;
    const begin = () =>
      setImmediate(() => {
        connection.waiting -= 1;
        serve(request, response, connection);
      });
    // The server hands a response its socket when the answer before it is finished.
    if (response.socket) begin();
    else response.once('socket', begin);
  }

  return (request, response) => {
    if (request.socket.destroyed) return;
    const connection = connectionOf(request.socket);
    if (response.socket && connection.servedIn !== turn) serve(request, response, connection);
    else wait(request, response, connection);
  };
}
