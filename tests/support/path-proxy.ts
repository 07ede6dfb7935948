// A proxy that puts a service under a path of its own. It removes the path and changes nothing else.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PathProxy {
  /** Includes the path, without a slash at its end. */
  readonly url: string;
  close(): void;
}

/** Passes `<path>/x` on to `target` as `/x`. Answers everything else with 418. */
export async function startPathProxy(target: string, path: string): Promise<PathProxy> {
  const proxy = createServer((incoming, outgoing) => {
    const { method, url = '' } = incoming;
    // Each request gets a connection of its own, because a kept one may be closed while a busy test is about to use it.
    const headers = { ...incoming.headers, connection: 'close' };
    if (!url.startsWith(`${path}/`)) return void outgoing.writeHead(418).end();
    const passed = request(`${target}${url.slice(path.length)}`, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' });
      answer.pipe(outgoing);
    });
    passed.once('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
