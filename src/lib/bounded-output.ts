// Buffers lines for a reader who may be slow or gone. If the buffer is full, lines are left out and counted. Nobody who
// writes a line waits.

/** Writes a text after those before it. Resolves when it is out. Rejects or throws if it never will be. */
export type Write = (text: string) => Promise<void> | void;

export interface Output {
  /** Takes a line, including its line end. Never throws. */
  write(line: string): void;
  /** Resolves when all lines are out, or after this time. */
  flush(withinMs: number): Promise<void>;
}

export interface OutputOptions {
  readonly write: Write;
  /** The largest number of characters that may wait. */
  readonly maxChars: number;
  /** Called with the number of lines left out, once there is room again. May write a line. */
  readonly onDropped?: (lines: number) => void;
}

export function createOutput({ write, maxChars, onDropped }: OutputOptions): Output {
  const flushing = new Set<() => void>();
  let waiting = 0;
  let dropped = 0;

  function done(chars: number): void {
    waiting -= chars;
    tellDropped();
    if (waiting > 0) return;
    for (const resolve of flushing) resolve();
    flushing.clear();
  }

  function failed(chars: number): void {
    waiting -= chars;
    dropped += 1;
    if (waiting === 0) for (const resolve of flushing) resolve();
  }

  /** Only called after a line got out. If this one does not, nothing more is attempted. */
  function tellDropped(): void {
    if (dropped === 0 || waiting > maxChars / 2) return;
    const lines = dropped;
    dropped = 0;
    onDropped?.(lines);
  }

  return {
    write(line) {
      const chars = line.length;
      if (waiting > 0 && waiting + chars > maxChars) {
        dropped += 1;
        return;
      }
      waiting += chars;
      try {
        const writing = write(line);
        if (!writing) return done(chars);
        writing.then(
          () => done(chars),
          () => failed(chars),
        );
      } catch {
        failed(chars);
      }
    },
    flush(withinMs) {
      if (waiting === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        flushing.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

/**
 * Makes a Write of a function that writes some of the bytes and returns how many. Writes whole texts, one at a time.
 */
export function inOrder(writeSome: (bytes: Uint8Array) => Promise<number>): Write {
  const encoder = new TextEncoder();
  let last: Promise<unknown> = Promise.resolve();

  async function writeAll(text: string): Promise<void> {
    for (let left = encoder.encode(text); left.length > 0; ) left = left.subarray(await writeSome(left));
  }

  return (text) => {
    const done = last.then(() => writeAll(text));
    last = done.catch(() => {});
    return done;
  };
}
