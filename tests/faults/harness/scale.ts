// How much of everything: a quick run by default, more where FAULTS_SCALE says so.

const factor = Number(process.env.FAULTS_SCALE ?? 1);

/** `count` times FAULTS_SCALE, but at least one. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * factor));
}
