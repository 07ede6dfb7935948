// Reads a WebSocket handshake before it is accepted: its path and its tokens.
import type { IncomingHttpHeaders } from 'node:http';

export const RAW_PATH = '/api/v1/ws';
export const SOCKET_IO_PATH = '/socket.io/';

const BEARER = /^bearer(?:\s+(.*))?$/i;
const BEARER_PROTOCOL = 'bearer.';

export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

export function isSocketIoPath(path: string): boolean {
  return path.startsWith(SOCKET_IO_PATH);
}

/** Whether a request upgrades to one of our two protocols. All others are ordinary requests, whatever they offer. */
export function isUpgrade(method: string | undefined, url: string, headers: IncomingHttpHeaders): boolean {
  const path = pathOf(url);
  return (
    method === 'GET' &&
    headers.upgrade?.trim().toLowerCase() === 'websocket' &&
    (path === RAW_PATH || path === `${RAW_PATH}/` || isSocketIoPath(path))
  );
}

/**
 * The different tokens of a request: in `Authorization`, as `?token=`, as a subprotocol `bearer.<token>`. An empty one
 * counts as a bad token. Schemes of `Authorization` other than Bearer are ignored, because they may be for a proxy.
 */
export function offeredTokens(url: string, headers: IncomingHttpHeaders): string[] {
  const bearer = headers.authorization === undefined ? null : BEARER.exec(headers.authorization.trim());
  const query = new URLSearchParams(url.slice(pathOf(url).length));
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const tokens = [
    ...(bearer ? [(bearer[1] ?? '').trim()] : []),
    ...query.getAll('token'),
    ...protocols.filter((name) => name.startsWith(BEARER_PROTOCOL)).map((name) => name.slice(BEARER_PROTOCOL.length)),
  ];
  return [...new Set(tokens)];
}
