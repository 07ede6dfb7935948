// REST alone, on a server that takes a fetch handler: `deno serve … examples/rest-only.ts`, `bun examples/rest-only.ts`.
// Set DATABASE_URL, and REDIS_URL where other nodes hold the connections.
import process from 'node:process';
import { readConfig } from '../src/runtime/config/config.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { openRestOnly } from '../src/runtime/rest-only.ts';

const config = readConfig(process.env);
const { fetch } = await openRestOnly(config, { logger: createLogger(config.logLevel) });

/** `deno serve` has its port from `--port`. */
export default { fetch, port: config.port, hostname: config.host };
