// A file system of a few MiB that one process alone sees, and that is gone when the process is: a disk that can be full.
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Where the process finds it. */
  readonly directory: string;
  /** For `wrapper` of a process: mounts it (as root, else in a user namespace), with what is in `content` on it. */
  readonly wrapper: readonly string[];
}

/** `$1` size, `$2` where, `$3` content, `$4` state; the rest is the command. */
const MOUNT = `
  mount -t tmpfs -o "size=$1" tmpfs "$2" && cp -R "$3/." "$2" || exit 100
  case "$4" in
    full) cat /dev/zero > "$2/ballast" 2> /dev/null ;;
    read-only) mount -o remount,ro "$2" ;;
  esac
  shift 4
  exec "$@"`;

export interface SmallDiskOptions {
  readonly sizeMiB: number;
  /** An existing folder, to be mounted over. */
  readonly directory: string;
  /** A folder whose files are on it from the beginning. */
  readonly content: string;
  /** Before the command is run. */
  readonly state?: 'full' | 'read-only';
}

export function smallDisk({ sizeMiB, directory, content, state }: SmallDiskOptions): SmallDisk {
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const given = [`${sizeMiB}m`, directory, content, state ?? ''];
  return { directory, wrapper: ['unshare', ...namespaces, 'sh', '-c', MOUNT, 'sh', ...given] };
}

/** The disk as the running process `pid` sees it. */
export function diskOf(pid: number, { directory }: SmallDisk) {
  const root = join(`/proc/${pid}/root`, directory);
  const ballast = join(root, 'ballast');
  return {
    /** Writes so much that only `leaveBytes` are free. */
    fill(leaveBytes: number): void {
      const { bavail, bsize } = statfsSync(root);
      writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
    },
    makeRoom: () => rmSync(ballast),
  };
}
