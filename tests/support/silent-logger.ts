// A logger for parts under test: keeps what was logged, prints nothing.
import type { Logger } from '../../src/lib/logger.ts';

export interface KeptLine {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

export function createSilentLogger(): Logger & { readonly lines: readonly KeptLine[] } {
  const lines: KeptLine[] = [];
  const keep = (level: keyof Logger) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}
