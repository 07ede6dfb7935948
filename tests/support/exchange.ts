// A peer that writes bytes of its own to a TCP port, and reads what comes back.
import { connect } from 'node:net';

/** Sends `text` and returns everything that comes back until the server closes, or until `enough` of it is there. */
export function exchange(port: number, text: string, enough = (_answer: string) => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk) => {
      answer += chunk;
      if (enough(answer)) done();
    });
    socket.on('end', done).on('error', reject);
  });
}
