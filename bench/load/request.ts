// Requests over a few keep-alive connections.
import { Agent, request as httpRequest } from 'node:http';

export interface Ask {
  readonly path: string;
  readonly token: string;
  /** Posted if given. */
  readonly json?: object;
}

export interface Requests {
  /** Resolves with the body. Rejects if the answer is no success. */
  ask(what: Ask): Promise<string>;
  close(): void;
}

export function openRequests(port: number, connections: number): Requests {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    ask({ path, token, json }) {
      const body = json && JSON.stringify(json);
      const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
      const options = { agent, port, host: '127.0.0.1', path, method: body ? 'POST' : 'GET', headers };
      return new Promise((resolve, reject) => {
        const sent = httpRequest(options, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.once('end', () => resolve(Buffer.concat(chunks).toString()));
          if ((answer.statusCode ?? 500) >= 300) reject(new Error(`${path} answered ${answer.statusCode}`));
        });
        sent.once('error', reject).end(body);
      });
    },
    close: () => agent.destroy(),
  };
}
