// Whether the dependencies of the service answer. Answers in bounded time, with one question at a time to each.
import type { Readiness } from '../http/dependencies.ts';
import { DependencyError } from '../lib/dependency-error.ts';

const OK = 'ok';
const PATIENCE_MS = 2_000;

export interface ReadinessOptions {
  /** Each rejects if its part is away or refuses (DependencyError). Undefined if there is no such part. */
  readonly pings: Readonly<Record<string, (() => Promise<void>) | undefined>>;
  /** True once the service stops. */
  readonly stopping: () => boolean;
  readonly patienceMs?: number;
}

/** Returns `ok`, `not configured`, or what is wrong, for each part. Never rejects. */
export function createReadiness({ pings, stopping, patienceMs = PATIENCE_MS }: ReadinessOptions) {
  const checks = Object.entries(pings).map(([name, ping]) => [name, ping && createCheck(ping, patienceMs)] as const);

  return async (): Promise<Readiness> => {
    const results = await Promise.all(
      checks.map(async ([name, check]) => [name, await (check?.() ?? 'not configured')]),
    );
    const failed = results.some(([, result]) => result !== OK && result !== 'not configured');
    const service = stopping() ? { service: 'stopping' } : {};
    return { ok: !failed && !stopping(), checks: { ...Object.fromEntries(results), ...service } };
  };
}

/** All who ask while an answer is pending share it, so a part that hangs is asked once. */
function createCheck(ping: () => Promise<void>, patienceMs: number): () => Promise<string> {
  let asked: Promise<string> | undefined;
  return () => {
    asked ??= ping()
      .then(
        () => OK,
        (error: unknown) => (error instanceof DependencyError ? error.message : 'unreachable'),
      )
      .finally(() => {
        asked = undefined;
      });
    return within(asked, patienceMs);
  };
}

async function within(answer: Promise<string>, patienceMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'no answer');
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
