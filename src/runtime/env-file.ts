// Settings may stand in a file `.env` of the working directory; what the environment has already goes before it.
import { StartError } from './start-error.ts';

/** Adds the settings of the file to `process.env`. No file is fine; throws StartError for one that cannot be read. */
export function loadEnvFile(): void {
  try {
    process.loadEnvFile();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new StartError(`Cannot read .env: ${message}`, { cause });
  }
}
