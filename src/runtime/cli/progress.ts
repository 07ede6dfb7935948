// A long migration's progress for people: a bar that is redrawn on a terminal, plain lines elsewhere.
import type { Progress, Report } from '../../database/progress.ts';

const LINE_MS = 5000;
const DRAW_MS = 100;
const BAR_WIDTH = 24;

/** Prints each step when it begins, then its progress every five seconds. Prints notes as they come. */
export function createProgressLines(say: (line: string) => void): Report {
  const rate = createRate();
  let step = '';
  let saidAt = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.note !== undefined) return say(progress.note);
    const rest = rate(progress, now);
    if (progress.step === step && now - saidAt < LINE_MS) return;
    step = progress.step;
    saidAt = now;
    say(`${progress.step}${suffix(progress, rest)}`);
  };
}

export function createProgressBar(terminal: { readonly columns?: number; write(text: string): unknown }) {
  const rate = createRate();
  let step = '';
  let drawnAt = 0;
  /** Clears the line of the bar, before other output (such as notes) and at the end. */
  const clear = () => void terminal.write('\r\x1b[K');

  function report(progress: Progress): void {
    if (progress.note !== undefined) return;
    const now = performance.now();
    const rest = rate(progress, now);
    if (progress.step === step && now - drawnAt < DRAW_MS) return;
    step = progress.step;
    drawnAt = now;
    const line = `${bar(progress)}${progress.step}${suffix(progress, rest)}`;
    clear();
    // A line that wraps could not be redrawn.
    terminal.write(line.slice(0, (terminal.columns || 80) - 1));
  }

  return { report, clear };
}

function bar({ done = 0, total }: Progress): string {
  if (!total) return '';
  const full = Math.round((BAR_WIDTH * Math.min(done, total)) / total);
  const percent = `${Math.floor((100 * Math.min(done, total)) / total)}`.padStart(3);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] ${percent} % `;
}

function suffix({ done, total, unit = '', waiting }: Progress, rest: string): string {
  if (waiting !== undefined) return `: waits for ${waiting}`;
  if (done === undefined) return '';
  return total === undefined ? `: ${done} ${unit}` : `: ${done} of ${total} ${unit}${rest}`;
}

/** How fast a step goes and when it will be done, measured from its first report. */
function createRate(): (progress: Progress, now: number) => string {
  let first: { step: string; done: number; at: number } | undefined;
  return ({ step, done, total }, now) => {
    if (done === undefined || total === undefined) return '';
    if (first?.step !== step || done < first.done) first = { step, done, at: now };
    const perSecond = ((done - first.done) * 1000) / (now - first.at);
    if (!Number.isFinite(perSecond) || perSecond <= 0) return '';
    return `, ${Math.round(perSecond)} a second, ${Math.ceil((total - done) / perSecond)} s to go`;
  };
}
