// Works on the requests of one connection one after the other, because HTTP wants the answers in this order anyway. So
// for a peer that sends many requests and reads no answer, the service holds one answer, not thousands.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests may wait for earlier answers. Hardly any client sends one before it has the last answer. */
const MAX_WAITING = 64;

/** Runs work for a connection. A failure costs only that connection. */
export type Guarded = (socket: Socket, work: () => void) => void;

/** Calls `listener` with each request when the answers before it were sent. Cuts connections on which too many wait. */
export function inTurn(listener: RequestListener, guarded: Guarded): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  /** The connections of which a request was worked on in this turn of the event loop. */
  const served = new Set<Socket>();

  function serve(request: IncomingMessage, response: ServerResponse): void {
    if (served.size === 0) setImmediate(() => served.clear());
    served.add(request.socket);
    guarded(request.socket, () => listener(request, response));
  }

  function wait(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const count = (waiting.get(socket) ?? 0) + 1;
    if (count > MAX_WAITING) {
      socket.destroy();
      return;
    }
    waiting.set(socket, count);
    const begin = () =>
      setImmediate(() => {
        waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
        serve(request, response);
      });
    // The server hands a response its socket when the answer before it is finished.
    if (response.socket) begin();
    else response.once('socket', begin);
  }

  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    if (response.socket && !served.has(socket)) serve(request, response);
    else wait(request, response);
  };
}
