// Requests of one connection are worked on one after the other, others' between them: whoever sends many at once and reads
// no answer makes the service hold one answer, not thousands. HTTP wants the answers in this order anyway.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that wait for the answers before theirs: next to no client sends one before it has the last answer. */
const MAX_WAITING = 64;

/** Runs work for a connection, with its failures to that connection's cost. */
export type Guarded = (socket: Socket, work: () => void) => void;

/** Calls `listener` with each request when the answers before it have gone. Cuts connections on which too many wait. */
export function inTurn(listener: RequestListener, guarded: Guarded): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  /** Whose request was worked on in this turn of the event loop. */
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
