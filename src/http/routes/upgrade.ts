// Refuses plain requests to the address of WebSockets, because they must ask for an upgrade. Upgrades never come here.
// This is not a REST call, so the published document names it only in its introduction.
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
