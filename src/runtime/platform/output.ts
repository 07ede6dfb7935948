// Standard output and error output, written to without ever waiting for a reader. A plain write to a pipe that nobody
// reads, or to a stopped terminal, would stop the process.
import { fstatSync, writeSync } from 'node:fs';
import { createOutput, type Output, type Write } from '../../lib/bounded-output.ts';
import { thisPlatform } from './this-platform.ts';

export type Descriptor = 1 | 2;

const MAX_CHARS = 1 << 20;

/** Use one for each descriptor. `onDropped` gets the number of lines left out, once there is room again. */
export function openOutput(descriptor: Descriptor, onDropped?: (lines: number) => void): Output {
  const write = isFile(descriptor) ? fileWriter(descriptor) : thisPlatform().writer(descriptor);
  return createOutput({ write, maxChars: MAX_CHARS, ...(onDropped && { onDropped }) });
}

function isFile(descriptor: Descriptor): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false; // closed, or cannot be examined
  }
}

/** A file takes everything at once, so nothing is lost in a crash. */
function fileWriter(descriptor: Descriptor): Write {
  return (text) => {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  };
}
