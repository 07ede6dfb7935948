// Where WebSocket connections are opened: an upgrade never comes here, so what does is told to ask for one. It is no call
// of REST, so the published document names it in its introduction alone.
import { ChatError } from '../../protocol/errors.ts';
import { defineUnlisted, type Route, type Routes } from '../route.ts';

function openWebSocket(): Route {
  return defineUnlisted({
    method: 'GET',
    path: '/api/v1/ws',
    access: 'public',
    run() {
      throw new ChatError('UPGRADE_REQUIRED');
    },
  });
}

export const UPGRADE_ROUTES: Routes = [openWebSocket];
