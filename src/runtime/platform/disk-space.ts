// How much may still be written where a folder is.
import { statfs } from 'node:fs/promises';

/** Infinite where the system does not say, and for what is no folder of a disk. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
