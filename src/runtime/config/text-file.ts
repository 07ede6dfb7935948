// Text files as editors, shells and secret stores write them: UTF-8 or UTF-16, with or without a byte order mark.
import { readFileSync, statSync } from 'node:fs';

/** Reads a text by its path. Throws an error with a message if it cannot. Never waits. */
export type ReadText = (path: string) => string;

export const readTextFile: ReadText = (path) => {
  // Opening a pipe would wait for a writer.
  if (!statSync(path).isFile()) throw new Error('it is no ordinary file');
  return decodeText(readFileSync(path));
};

/** Throws if the bytes are no text. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`it is no ${encoding.toUpperCase()} text`);
  }
  if (text.includes('\0')) throw new Error('it is no text: save it as UTF-8');
  return text;
}
