// Frames as an independent receiver reads them: one for each text, at every size of header.
import { PassThrough, type Writable } from 'node:stream';
import { expect, test } from 'vitest';
import * as ws from 'ws';
import { encodeTextFrames } from './ws-frame.ts';

// The types of ws lack its receiver.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** What a WebSocket client reads from these bytes. */
function read(bytes: Uint8Array): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = [];
    const receiver = new Receiver({ isServer: false });
    receiver.on('message', (data: Buffer) => texts.push(data.toString()));
    receiver.on('error', reject);
    receiver.on('finish', () => resolve(texts));
    const source = new PassThrough();
    source.pipe(receiver);
    source.end(bytes);
  });
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('a text of %i bytes is one frame', async (length) => {
  const text = 'x'.repeat(length);
  expect(await read(encodeTextFrames([text]))).toEqual([text]);
});

test('several texts are as many frames in one piece of memory, in order', async () => {
  const texts = ['{"a":1}', 'é'.repeat(100), '', '👋🏽 €', 'x'.repeat(70_000), 'end'];
  expect(await read(encodeTextFrames(texts))).toEqual(texts);
});

test('no texts are no bytes', () => {
  expect(encodeTextFrames([]).length).toBe(0);
});

test('frames that share a block of memory do not touch each other', async () => {
  const texts = Array.from({ length: 2000 }, (_, i) => `${i} ${'é'.repeat(i % 500)}`);
  const frames = texts.map((text) => encodeTextFrames([text]));
  expect(await read(Buffer.concat(frames))).toEqual(texts);
});
