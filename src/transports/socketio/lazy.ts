// Loads Socket.IO when its first client comes, so that a service without such clients does not pay for it.
import type { Duplex } from 'node:stream';
import type { Boundary } from '../../lib/boundary.ts';
import { type Refuse, refuseSocket } from '../shared/refusal.ts';
import type { SocketIo, SocketIoOptions } from './attach.ts';

export function createLazySocketIo(options: SocketIoOptions, refuse: Refuse, boundary: Boundary): SocketIo {
  let loading: Promise<SocketIo> | undefined;
  let loaded: SocketIo | undefined;

  async function load(): Promise<SocketIo> {
    const { attachSocketIo } = await import('./attach.ts');
    loaded = attachSocketIo(options);
    return loaded;
  }

  async function whenLoaded(act: (socketIo: SocketIo) => void, socket: Duplex): Promise<void> {
    loading ??= load();
    // Without a listener, the error of a peer that goes away meanwhile would end the process.
    socket.on('error', ignore);
    try {
      act(await loading);
      socket.off('error', ignore);
    } catch (error) {
      refuseSocket(socket, refuse(error));
    }
  }

  function withSocketIo(act: (socketIo: SocketIo) => void, socket: Duplex): void {
    if (loaded) act(loaded);
    else whenLoaded(act, socket).catch((error: unknown) => boundary(error, () => socket.destroy()));
  }

  return {
    handleRequest(request, response) {
      withSocketIo((socketIo) => socketIo.handleRequest(request, response), request.socket);
    },
    handleUpgrade(request, socket, head) {
      withSocketIo((socketIo) => socketIo.handleUpgrade(request, socket, head), socket);
    },
    async close() {
      await (await loading)?.close();
    },
  };
}

function ignore(): void {}
