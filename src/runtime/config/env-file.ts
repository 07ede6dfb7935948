// Settings may stand in a file `.env` of the working directory; what the environment has already goes before it.

import { StartError } from '../start-error.ts';
import { parseEnv } from './env-syntax.ts';
import { readTextFile } from './text-file.ts';

const PATH = '.env';

/** Adds the settings of the file to `process.env`. No file is fine; throws StartError for one that cannot be read. */
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
