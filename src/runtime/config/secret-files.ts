// Secrets in files, as orchestrators provide them: `NAME_FILE` instead of `NAME`.
import type { ReadText } from './text-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SecretFiles {
  /** The environment, including what the files hold. */
  readonly env: Environment;
  /** For each variable, what it takes instead of its value. */
  readonly problems: ReadonlyMap<string, string>;
}

/** Reads the file of each of `names`. A last line break belongs to the file, not to the secret. */
export function readSecretFiles(env: Environment, names: Iterable<string>, readText: ReadText): SecretFiles {
  const values: Record<string, string | undefined> = { ...env };
  const problems = new Map<string, string>();
  for (const name of names) {
    const variable = `${name}_FILE`;
    const path = env[variable]?.trim();
    if (!path) continue;
    if (env[name]?.trim()) {
      problems.set(variable, `nothing where ${name} is set as well`);
      continue;
    }
    try {
      values[name] = readText(path).replace(/\r?\n$/, '');
      if (!values[name]?.trim()) problems.set(variable, 'a file with a value in it');
    } catch (error) {
      problems.set(variable, `a file that can be read (${(error as Error).message})`);
    }
    // Otherwise this one would also be reported as missing.
    if (problems.has(variable)) values[name] = undefined;
  }
  return { env: values, problems };
}
