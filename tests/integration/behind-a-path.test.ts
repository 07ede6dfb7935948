// The service under a path of a proxy that takes the path away, and its connections beside what a proxy keeps.
import { once } from 'node:events';
import { connect } from 'node:net';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { spawnServiceProcess } from '../support/node-process.ts';
import { startPathProxy } from '../support/path-proxy.ts';
import { installRuntimes, type Runtime } from '../support/runtimes.ts';
import { removeDirectory, temporaryDirectory } from '../support/server-process.ts';
import { embeddedTarget } from '../support/service-under-test.ts';

const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function started(env: Record<string, string> = {}, runtime: Runtime = 'node') {
  const directory = temporaryDirectory('path');
  await embeddedTarget().prepareData(directory);
  const service = spawnServiceProcess({ runtime, env: { ...env, DATA_DIR: directory } });
  cleanUp.push(async () => {
    await service.stop('SIGKILL');
    removeDirectory(directory);
  });
  await service.listening();
  return service;
}

/** A connection that says nothing by itself. */
async function open(url = '') {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  cleanUp.push(() => socket.destroy());
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return {
    closed,
    /** Rejects where the connection ends before there is an answer. */
    async ask(): Promise<void> {
      socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
      const ended = closed.then(() => Promise.reject(new Error('The connection was closed')));
      const [answer] = await Promise.race([once(socket, 'data'), ended]);
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200/);
    },
  };
}

test('the page of the document works under a path: its files and the document', async () => {
  const proxy = await startPathProxy((await started()).url, '/apps/chat');
  cleanUp.push(() => proxy.close());
  const address = `${proxy.url}/docs`;
  const page = await (await fetch(address)).text();
  const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => new URL(link, address));
  expect(links).toHaveLength(4);
  for (const link of links) expect((await fetch(link)).status, link.href).toBe(200);

  // The start of the page, as a browser runs it; it resolves addresses against that of the page.
  const start = await (await fetch(links.find(({ pathname }) => pathname.endsWith('start.js')) ?? '')).text();
  let given = '';
  runInNewContext(start, {
    SwaggerUIBundle: ({ url }: { url: string }) => {
      given = url;
    },
  });
  const document = new URL(given, address);
  const answer = await fetch(document);
  expect({ path: document.pathname, status: answer.status }).toEqual({ path: '/apps/chat/openapi.json', status: 200 });
  expect(await answer.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
}, 60_000);

describe.each(['node', 'deno', 'bun'] as const)('on %s', (runtime) => {
  beforeAll(() => installRuntimes([runtime]));

  test('an idle connection is kept for KEEP_ALIVE_TIMEOUT_MS, also past the time for headers', async () => {
    const [short, long] = await Promise.all(
      ['1000', '14000'].map((KEEP_ALIVE_TIMEOUT_MS) => started({ KEEP_ALIVE_TIMEOUT_MS }, runtime)),
    );
    // Bare connections, for an agent ends them by itself, as the header `Keep-Alive` tells it.
    const [first, kept] = [await open(short?.url), await open(long?.url)];
    await Promise.all([first.ask(), kept.ask()]);
    const began = performance.now();
    await first.closed;
    expect(performance.now() - began).toBeLessThan(6_000);
    // The time for headers is 10 s, and what is too late is looked for every 2 s.
    await new Promise((resolve) => setTimeout(resolve, 12_500 - (performance.now() - began)));
    await kept.ask();
  }, 60_000);
});
