// Secrets that stand in files, as orchestrators hand them out: `NAME_FILE` in place of `NAME`.
import type { ReadText } from './text-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SecretFiles {
  /** The environment with what the files hold. */
  readonly env: Environment;
  /** By variable, what it takes in place of what it has. */
  readonly problems: ReadonlyMap<string, string>;
}

/** For each of `names`. A last line break belongs to the file, not to the secret. */
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
    // Else it would be said of this one as well that it is missing.
    if (problems.has(variable)) values[name] = undefined;
  }
  return { env: values, problems };
}
