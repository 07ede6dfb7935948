// A peer that writes the bytes of a request itself, and reads one answer.
import { connect } from 'node:net';

export interface BytesReply {
  readonly status: number;
  /** The failure's code; undefined if the answer is no failure of the API. */
  readonly code: string | undefined;
  readonly text: string;
}

const PATIENCE_MS = 10_000;

/** Sends one request, line by line. Rejects if no whole answer comes. */
export function sendLines(url: string, lines: readonly string[], body = ''): Promise<BytesReply> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  return new Promise((resolve, reject) => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (data) => {
      text += data;
      if (isWhole(text)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (isWhole(text)) resolve(read(text));
      else reject(new Error(`No whole answer: ${JSON.stringify(text)}`));
    });
    socket.write(`${[...lines, '', ''].join('\r\n')}${body}`);
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 1))?.[1];
  if (length === undefined) return text.startsWith('HTTP/1.1 101') || text.endsWith('\r\n0\r\n\r\n');
  return Buffer.byteLength(text.slice(end + 4)) >= Number(length);
}

function read(text: string): BytesReply {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  return { status, code: /"code":"(\w+)"/.exec(text)?.[1], text };
}
