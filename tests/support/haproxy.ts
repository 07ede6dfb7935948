// The proxy that ships with the service, run for real: the same configuration, with other addresses in its environment.
import { fileURLToPath } from 'node:url';
import { programPath } from './debian-package.ts';
import { freePort, launch, removeDirectory, temporaryDirectory } from './server-process.ts';

export const PROXY_CONFIG = fileURLToPath(new URL('../../deploy/proxy/haproxy.cfg', import.meta.url));

export interface ProxyServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Stops it without closing a connection. `thaw` continues it. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts the proxy on a free port. `env` has the variables of its configuration. */
export async function startProxy(env: Readonly<Record<string, string>>): Promise<ProxyServer> {
  const command = programPath({ names: ['haproxy'], packageName: 'haproxy' });
  const directory = temporaryDirectory('proxy');
  const port = await freePort();
  const server = await launch({
    command,
    args: ['-W', '-db', '-f', PROXY_CONFIG],
    directory,
    ready: /Loading success/,
    env: { PATH: process.env.PATH, PROXY_LISTEN: `127.0.0.1:${port}`, ...env },
  });
  return {
    url: `http://127.0.0.1:${port}`,
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    async stop() {
      await server.kill();
      removeDirectory(directory);
    },
  };
}
