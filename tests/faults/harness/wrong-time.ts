// A process whose clock is off.

/** The environment of a Node process that believes it to be so many milliseconds later than it is. */
export function wrongTime(offsetMs: number): Record<string, string> {
  if (offsetMs === 0) return {};
  const script = `
    const True = Date;
    globalThis.Date = class Date extends True {
      constructor(...parts) { parts.length > 0 ? super(...parts) : super(True.now() + ${offsetMs}); }
      static now() { return True.now() + ${offsetMs}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}
