#!/usr/bin/env node
// The command line, found by `npx chat-service`: rebuilds what is stale if it can build, then runs it.
await import('./build-if-stale.mjs');
if (!process.exitCode) await import('../dist/cli.js');
