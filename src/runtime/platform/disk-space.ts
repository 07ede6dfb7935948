// The free space on the disk of a folder.
import { statfs } from 'node:fs/promises';

/** Infinite if the system does not say, or if it is no folder of a disk. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
