// A file system of a few MiB that only one process sees, and that is gone when the process is: a disk that can be full.
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Its path in the process. */
  readonly directory: string;
  /** For `wrapper` of a process: mounts it (as root, else in a user namespace), with the files of `content` on it. */
  readonly wrapper: readonly string[];
}

/** `$1` size, `$2` path, `$3` content, `$4` state. The rest is the command. */
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
  /** An existing folder, which the disk is mounted over. */
  readonly directory: string;
  /** A folder whose files are on it from the beginning. */
  readonly content: string;
  /** The state in which the command starts. */
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
    /** Writes until only `leaveBytes` are free. */
    fill(leaveBytes: number): void {
      const { bavail, bsize } = statfsSync(root);
      writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
    },
    makeRoom: () => rmSync(ballast),
  };
}
