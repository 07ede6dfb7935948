// Frames as an independent receiver reads them: one for each text, at every size of header.
import { expect, test } from 'vitest';
import { readFrames } from '../../../tests/support/frame-receiver.ts';
import { encodeTextFrames } from './shared-frames.ts';

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('a text of %i bytes is one frame', async (length) => {
  const text = 'x'.repeat(length);
  expect(await readFrames(encodeTextFrames([text]))).toEqual([text]);
});

test('several texts are as many frames in one piece of memory, in order', async () => {
  const texts = ['{"a":1}', 'é'.repeat(100), '', '👋🏽 €', 'x'.repeat(70_000), 'end'];
  expect(await readFrames(encodeTextFrames(texts))).toEqual(texts);
});

test('no texts are no bytes', () => {
  expect(encodeTextFrames([]).length).toBe(0);
});

test('frames that share a block of memory do not touch each other', async () => {
  const texts = Array.from({ length: 2000 }, (_, i) => `${i} ${'é'.repeat(i % 500)}`);
  const frames = texts.map((text) => encodeTextFrames([text]));
  expect(await readFrames(Buffer.concat(frames))).toEqual(texts);
});
