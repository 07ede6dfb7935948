// The broker of a service with one node: a map of listeners.
import type { Logger } from '../../lib/logger.ts';
import type { Broker, Listener, Unsubscribe } from './broker.ts';
import { createListeners } from './listeners.ts';

/** Calls the listeners during `publish`, in the order of subscription. */
export function createMemoryBroker({ logger }: { readonly logger?: Logger } = {}): Broker {
  const listeners = createListeners(logger);
  return {
    async publish(topic, payload) {
      listeners.deliver(topic, payload);
    },
    publishToOthers() {},
    subscribe(topic: string, listener: Listener): { ready: Promise<void>; unsubscribe: Unsubscribe } {
      return { ready: Promise.resolve(), unsubscribe: listeners.add(topic, listener) };
    },
    onInterruption: () => () => {},
    connected: () => true,
    ping: () => Promise.resolve(),
    async close() {
      listeners.clear();
    },
  };
}
