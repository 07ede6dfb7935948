// Where WebSocket connections are opened: an upgrade never comes here, so what does is told to ask for one.
import { Hono, type MiddlewareHandler } from 'hono';
import { ChatError } from '../../protocol/errors.ts';
import type { HttpEnvironment } from '../environment.ts';
import { describe } from '../openapi.ts';
import { setHeader } from '../respond.ts';

export function upgradeRoutes({ limited }: { limited: MiddlewareHandler<HttpEnvironment> }): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>().get('/', limited, connect, (c) => {
    setHeader(c, 'Connection', 'Upgrade');
    setHeader(c, 'Upgrade', 'websocket');
    throw new ChatError('UPGRADE_REQUIRED');
  });
}

const connect = describe({
  id: 'connect',
  tag: 'Live',
  summary: 'Open a WebSocket; the token comes in the Authorization header, the query, a subprotocol or a frame',
  isPublic: true,
  answers: {},
  errors: ['UPGRADE_REQUIRED'],
});
