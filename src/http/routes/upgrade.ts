// Where WebSocket connections are opened: an upgrade never comes here, so what does is told to ask for one. It is no call
// of REST, so the published document names it in its introduction alone.
import { Hono, type MiddlewareHandler } from 'hono';
import { ChatError } from '../../protocol/errors.ts';
import type { HttpEnvironment } from '../environment.ts';
import { setHeader } from '../respond.ts';

export function upgradeRoutes({ limited }: { limited: MiddlewareHandler<HttpEnvironment> }): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>().get('/', limited, (c) => {
    setHeader(c, 'Connection', 'Upgrade');
    setHeader(c, 'Upgrade', 'websocket');
    throw new ChatError('UPGRADE_REQUIRED');
  });
}
