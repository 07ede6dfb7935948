#!/usr/bin/env node
// The command line, as `npx chat-service` finds it: builds what is stale, where there is something to build with, then runs it.
await import('./build-if-stale.mjs');
if (!process.exitCode) await import('../dist/cli.js');
