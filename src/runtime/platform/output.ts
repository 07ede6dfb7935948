// Standard output and the error output, written to without ever waiting for whoever reads them: with a plain write, a pipe
// that nobody reads, or a terminal that was stopped, would stop the process.
import { fstatSync, writeSync } from 'node:fs';
import { createOutput, type Output, type Write } from '../../lib/bounded-output.ts';
import { thisPlatform } from './this-platform.ts';

export type Descriptor = 1 | 2;

const MAX_CHARS = 1 << 20;

/** For one descriptor there should be one. `onDropped` is told how many lines were left out, once there is room again. */
export function openOutput(descriptor: Descriptor, onDropped?: (lines: number) => void): Output {
  const write = isFile(descriptor) ? fileWriter(descriptor) : thisPlatform().writer(descriptor);
  return createOutput({ write, maxChars: MAX_CHARS, ...(onDropped && { onDropped }) });
}

function isFile(descriptor: Descriptor): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false; // closed, or not to be looked at
  }
}

/** A file takes what it is given at once: nothing is lost in a crash. */
function fileWriter(descriptor: Descriptor): Write {
  return (text) => {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  };
}
