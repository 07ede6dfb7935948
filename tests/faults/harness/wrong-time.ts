// Processes whose clocks are wrong, or run too fast.

/** The environment of a Node process whose clock is this many milliseconds ahead. */
export function wrongTime(offsetMs: number): Record<string, string> {
  return offsetMs === 0 ? {} : withNow(`True.now() + ${offsetMs}`);
}

/** The environment of a Node process whose clock runs this many times as fast. Its timers are not affected. */
export function fastTime(times: number): Record<string, string> {
  return times === 1 ? {} : withNow(`began + (True.now() - began) * ${times}`);
}

function withNow(now: string): Record<string, string> {
  const script = `
    const True = Date;
    const began = True.now();
    globalThis.Date = class Date extends True {
      constructor(...parts) { parts.length > 0 ? super(...parts) : super(Date.now()); }
      static now() { return ${now}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}
