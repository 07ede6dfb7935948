// What processes and their children have used, as Linux counts it in /proc.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** For a process and all that it started: user and system time, including ended ones, and resident memory. */
export function usageOf(pid: number): Usage {
  let [cpuSeconds, rssBytes] = [0, 0];
  for (const member of treeOf(pid)) {
    const fields = fieldsOf(member);
    // User and system time, its own and that of children it has waited for.
    for (const ticks of fields.slice(11, 15)) cpuSeconds += ticks / TICKS_PER_SECOND;
    rssBytes += (fields[21] ?? 0) * PAGE_BYTES;
  }
  return { cpuSeconds, rssBytes };
}

export function parentOf(pid: number): number {
  return fieldsOf(pid)[1] ?? 0;
}

function treeOf(pid: number): number[] {
  return [pid, ...read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number).flatMap(treeOf)];
}

/** The fields after the name in /proc/<pid>/stat. Empty if the process is gone. */
function fieldsOf(pid: number): number[] {
  const line = read(`/proc/${pid}/stat`);
  return line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // It ended since it was listed.
  }
}

// Besides connections: the runtime's own files, and links to PostgreSQL and Redis.
const OTHER_FILES = 200;

/**
 * How many connections a process of the bench or of a target may have: `wanted` or fewer. Raises the limit of open
 * files if the machine allows that, and otherwise says so.
 */
export function connectionsAllowed(wanted: number): number {
  const needed = wanted + OTHER_FILES;
  if (openFiles() < needed) raiseOpenFiles(needed);
  const allowed = Math.min(wanted, openFiles() - OTHER_FILES);
  if (allowed < wanted) console.error(`Only ${allowed} connections instead of ${wanted}: ulimit -Hn is ${openFiles()}`);
  return allowed;
}

/** The hard limit: Node goes up to it by itself, and its children inherit that. */
function openFiles(): number {
  const [, hard] = /Max open files\s+\S+\s+(\S+)/.exec(read('/proc/self/limits')) ?? [];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** For this process, and so for its children. */
function raiseOpenFiles(limit: number): void {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:${limit}`], { stdio: 'ignore' });
  } catch {
    // Only a superuser may.
  }
}
