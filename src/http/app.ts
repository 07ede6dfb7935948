// The REST interface, a plain fetch handler: what every request passes through, then every route in order.
import { Hono } from 'hono';
import { ChatError } from '../protocol/errors.ts';
import type { AppDependencies } from './dependencies.ts';
import type { HttpEnvironment } from './environment.ts';
import { createFail } from './failure.ts';
import { beginAnswer } from './middleware/begin-answer.ts';
import { createCorsMiddleware } from './middleware/cors.ts';
import { createObserve } from './middleware/observe.ts';
import { openApiDocument } from './openapi.ts';
import { createRespondFailure } from './respond.ts';
import type { Routes } from './route.ts';
import { AUTH_ROUTES } from './routes/auth.ts';
import { CHANNEL_ROUTES } from './routes/channels.ts';
import { CONVERSATION_ROUTES } from './routes/conversations.ts';
import { DOCS_ROUTES } from './routes/docs.ts';
import { LIVE_ROUTES } from './routes/live.ts';
import { MARKER_ROUTES } from './routes/markers.ts';
import { MEMBER_ROUTES } from './routes/members.ts';
import { MESSAGE_ROUTES } from './routes/messages.ts';
import { PIN_ROUTES } from './routes/pins.ts';
import { REACTION_ROUTES } from './routes/reactions.ts';
import { SESSION_ROUTES } from './routes/sessions.ts';
import { SYSTEM_ROUTES } from './routes/system.ts';
import { UPGRADE_ROUTES } from './routes/upgrade.ts';
import { USER_ROUTES } from './routes/users.ts';
import { createServeRoute } from './serve-route.ts';

export type { AppDependencies } from './dependencies.ts';

/** In the order of the published document. */
const ROUTES: Routes = [
  ...SYSTEM_ROUTES, // /health, /ready, /metrics
  ...DOCS_ROUTES, // /docs
  ...AUTH_ROUTES, // /api/v1/auth: register, login
  ...SESSION_ROUTES, // /api/v1/auth: logout, logout-all
  ...USER_ROUTES, // /api/v1/users
  ...CHANNEL_ROUTES, // /api/v1/channels
  ...MEMBER_ROUTES, // /api/v1/channels/:id: users, leave, and their former names
  ...MESSAGE_ROUTES, // /api/v1/messages
  ...PIN_ROUTES, // /api/v1/messages/:id/pin, and pins of channels and friends
  ...REACTION_ROUTES, // /api/v1/messages/:id/reactions, /api/v1/reactions
  ...CONVERSATION_ROUTES, // /api/v1/conversations
  ...MARKER_ROUTES, // /api/v1/conversations: read, read-all
  ...UPGRADE_ROUTES, // /api/v1/ws
  ...LIVE_ROUTES, // /api/v1/ws: stats, users, channels
];

export function createApp(deps: AppDependencies): Hono<HttpEnvironment> {
  const respondFailure = createRespondFailure(createFail(deps));
  const serve = createServeRoute({ ...deps, respondFailure });
  const routes = ROUTES.map((create) => create(deps));
  // A trailing slash makes no difference, as in the former service.
  const app = new Hono<HttpEnvironment>({ strict: false });

  app.onError(respondFailure);
  app.notFound((c) => respondFailure(new ChatError('NOT_FOUND'), c));
  app.use(beginAnswer, createObserve(deps), createCorsMiddleware(deps.corsOrigins));
  for (const route of [...routes, openApiDocument(routes, deps.version)]) {
    app.on(route.method, route.path, serve(route));
  }
  return app;
}
