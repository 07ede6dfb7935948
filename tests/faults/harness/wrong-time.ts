// Processes whose clocks are off, or run too fast.

/** The environment of a Node process that believes it to be so many milliseconds later than it is. */
export function wrongTime(offsetMs: number): Record<string, string> {
  return offsetMs === 0 ? {} : withNow(`True.now() + ${offsetMs}`);
}

/** The environment of a Node process for which so many times as much time passes. Its timers are not affected. */
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
