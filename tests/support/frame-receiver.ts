// What a WebSocket client reads from bytes: uses the receiver of `ws`, which is independent of how we write them.
import { PassThrough, type Writable } from 'node:stream';
import * as ws from 'ws';

// The types of ws lack its receiver.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** The texts of all frames. They arrive in pieces of these lengths, repeatedly. By default in one piece. */
export function readFrames(
  bytes: Uint8Array,
  pieces: readonly number[] = [Math.max(1, bytes.length)],
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = [];
    const receiver = new Receiver({ isServer: false });
    receiver.on('message', (data: Buffer) => texts.push(data.toString()));
    receiver.on('error', reject);
    receiver.on('finish', () => resolve(texts));
    const source = new PassThrough();
    source.pipe(receiver);
    for (let [at, i] = [0, 0]; at < bytes.length; i += 1) {
      const length = pieces[i % pieces.length] as number;
      source.write(bytes.subarray(at, at + length));
      at += length;
    }
    source.end();
  });
}
