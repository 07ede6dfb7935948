// Settings may be in a file `.env` of the working directory. The environment overrides them.

import { StartError } from '../start-error.ts';
import { parseEnv } from './env-syntax.ts';
import { readTextFile } from './text-file.ts';

const PATH = '.env';

/** Adds the settings of the file to `process.env`. The file may be missing. Throws StartError if it cannot be read. */
export function loadEnvFile(): void {
  const text = read();
  if (text === undefined) return;
  const file = parseEnv(text);
  if ('badLine' in file) {
    throw new StartError(`Cannot read .env: line ${file.badLine} is neither KEY=value nor a comment (# …)`);
  }
  for (const [key, value] of Object.entries(file.values)) {
    if (process.env[key] === undefined) process.env[key] = value;
  }
}

function read(): string | undefined {
  try {
    return readTextFile(PATH);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new StartError(`Cannot read .env: ${message}`, { cause });
  }
}
