// `npm start` and its shell end at a signal without passing it on. Then the service must end too.

const LOOK_MS = 250;

/** Calls `gone` once, when the `npm start` that began this process has ended. Otherwise watches nothing. */
export function onNpmGone(gone: () => void): void {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  timer.unref();
}
