// The service in a process of its own that counts its writes to sockets, for bench/quick.ts. Started with --expose-gc
// and a channel to its parent.
import { Socket } from 'node:net';
import { readConfig } from '../src/runtime/config/config.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { startService } from '../src/runtime/service.ts';
import { countGarbage, type Garbage } from './garbage.ts';

/** What happened since the last call for counts, and the heap's size now. */
export interface Counts extends Garbage {
  /** Statements sent to PostgreSQL. */
  readonly statements: number;
  /** Writes to clients' sockets, without pings, because their number depends on time. */
  readonly writes: number;
  /** Live objects, after a collection. */
  readonly heapBytes: number;
}

/** Collections that free less than this have nothing left to free. */
const SETTLED_BYTES = 10_000;
const EXECUTE = 0x45;
const PING = 0x89;
const databasePort = Number(new URL(process.env.DATABASE_URL ?? '').port);
let servicePort = 0;
let statements = 0;
let writes = 0;

// All writes pass here, one chunk or several at once, and each call is one system call.
const prototype = Socket.prototype as unknown as { _writeGeneric(this: Socket, several: boolean, data: unknown): void };
const write = prototype._writeGeneric;
prototype._writeGeneric = function counted(several, data, ...rest: []) {
  if (this.localPort === servicePort && !isPing(data)) writes += 1;
  if (this.remotePort === databasePort) for (const chunk of chunksOf(several, data)) statements += executions(chunk);
  return write.call(this, several, data, ...rest);
};

function isPing(data: unknown): boolean {
  return Buffer.isBuffer(data) && data.length === 2 && data[0] === PING;
}

function chunksOf(several: boolean, data: unknown): unknown[] {
  return several ? (data as Array<{ chunk: unknown }>).map(({ chunk }) => chunk) : [data];
}

/**
 * Execute messages in the driver's bytes. Each has a type and a length that includes itself, and the driver writes
 * whole ones.
 */
function executions(chunk: unknown): number {
  if (!Buffer.isBuffer(chunk)) return 0;
  let count = 0;
  for (let at = 0; at + 5 <= chunk.length; at += 1 + chunk.readInt32BE(at + 1)) {
    if (chunk[at] === 0) break; // The first message of a connection has no type.
    if (chunk[at] === EXECUTE) count += 1;
  }
  return count;
}

const logger = createLogger('warn');
const service = await startService(readConfig(process.env), { logger });
servicePort = service.port;
const garbage = countGarbage();

process.on('message', () => void report());

async function report(): Promise<void> {
  const counts: Counts = { statements, writes, ...garbage(), heapBytes: await heapAfterCollection() };
  statements = 0;
  writes = 0;
  process.send?.(counts);
}

/** One collection leaves what only the next one can free, and what is still on its way on a busy machine. */
async function heapAfterCollection(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 10; tries += 1) {
    globalThis.gc?.();
    const { heapUsed } = process.memoryUsage();
    if (heapUsed > least - SETTLED_BYTES) return Math.min(heapUsed, least);
    least = heapUsed;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return least;
}

process.on('disconnect', () => void service.stop().then(() => process.exit(0)));
process.send?.({ port: service.port });
