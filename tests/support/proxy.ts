// A network between a node and a server that tests can cut and freeze, and from which they can drop pieces.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `up` is from the node to the server. */
export type Direction = 'up' | 'down';

/**
 * Returns what is passed on instead of `chunk`: the same, another, or nothing. A chunk is what arrived in one piece.
 */
export type Filter = (chunk: Buffer, direction: Direction) => Buffer | undefined;

export interface NetworkProxy {
  readonly host: string;
  readonly port: number;
  /** How many links are open now. */
  links(): number;
  /** Destroys all links and refuses new ones, until `heal`. */
  cut(): void;
  heal(): void;
  /** Passes nothing on until `thaw`. Links stay open and new ones are accepted. */
  freeze(): void;
  thaw(): void;
  /** Filters everything that is passed on from now. Undefined lets everything through again. */
  filter(filter: Filter | undefined): void;
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and passes everything on to `target`. */
export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<NetworkProxy> {
  const sockets = new Set<Socket>();
  let refusing = false;
  let frozen = false;
  let filter: Filter | undefined;

  const server = createServer((near) => {
    if (refusing) {
      near.destroy();
      return;
    }
    const far = connect(target.port, target.host);
    join(near, far, 'up');
    join(far, near, 'down');
  });

  function join(from: Socket, to: Socket, direction: Direction): void {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      const passed = filter ? filter(chunk, direction) : chunk;
      if (passed) to.write(passed);
    });
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (frozen) from.pause();
  }

  function destroyAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    links: () => sockets.size / 2,
    cut() {
      refusing = true;
      destroyAll();
    },
    heal() {
      refusing = false;
    },
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    filter(next) {
      filter = next;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      destroyAll();
      await closed;
    },
  };
}
