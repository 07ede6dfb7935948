// The REST interface's table of contents: what every request passes, then every route in order. A plain fetch handler.
import { Hono } from 'hono';
import { addressKey as keyOf } from '../chat/limited.ts';
import { ChatError } from '../protocol/errors.ts';
import type { AppDependencies } from './dependencies.ts';
import type { HttpContext, HttpEnvironment } from './environment.ts';
import { createRespondError } from './error-response.ts';
import { createAddressOf } from './middleware/client-address.ts';
import { createCorsMiddleware } from './middleware/cors.ts';
import { createInTime } from './middleware/in-time.ts';
import { createTakePoint, limited } from './middleware/limit.ts';
import { createObserve } from './middleware/observe.ts';
import { createSignedIn } from './middleware/signed-in.ts';
import { openApiDocument } from './openapi.ts';
import { authRoutes } from './routes/auth.ts';
import { channelRoutes } from './routes/channels.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { docsRoutes } from './routes/docs.ts';
import { liveRoutes } from './routes/live.ts';
import { memberRoutes } from './routes/members.ts';
import { messageRoutes } from './routes/messages.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { systemRoutes } from './routes/system.ts';
import { upgradeRoutes } from './routes/upgrade.ts';
import { userRoutes } from './routes/users.ts';
import { createJsonBody, createQueryOrJsonBody } from './validate.ts';

export type { AppDependencies } from './dependencies.ts';

/** See `createSignedIn`. */
const TOKEN_IS_ENOUGH = new Set(['GET /api/v1/channels', 'GET /api/v1/messages/channel/:id', 'POST /api/v1/messages']);
const MIN_BODY_BYTES = 128 * 1024;

export function createApp(deps: AppDependencies): Hono<HttpEnvironment> {
  const respondError = createRespondError(deps);
  // A trailing slash makes no difference, as in the former service.
  const app = new Hono<HttpEnvironment>({ strict: false });

  app.onError(respondError);
  app.notFound((c) => respondError(new ChatError('NOT_FOUND'), c));
  app.use(createObserve({ ...deps, respondError }), createCorsMiddleware(deps.corsOrigins));

  app.route('/', systemRoutes(deps)); // GET /health, /ready, /metrics
  app.get('/openapi.json', openApiDocument(app, deps.version));
  app.route('/docs', docsRoutes(deps));
  app.route('/api/v1', createApi(deps));
  return app;
}

function createApi(deps: AppDependencies): Hono<HttpEnvironment> {
  const api = new Hono<HttpEnvironment>();
  // A text of the longest kind with each character escaped, and what else a body holds.
  const maxBodyBytes = Math.max(MIN_BODY_BYTES, deps.maxTextLength * 6 + 8192);
  const jsonBody = createJsonBody(maxBodyBytes);
  const queryOrJsonBody = createQueryOrJsonBody(maxBodyBytes);
  const addressOf = createAddressOf(deps);
  const addressKey = (c: HttpContext) => keyOf(addressOf(c));
  const takeAuth = createTakePoint(deps.limiters.auth, deps.clock);
  const takeGeneral = createTakePoint(deps.limiters.general, deps.clock);

  api.use(createInTime());
  api.route('/auth', authRoutes({ ...deps, jsonBody, addressOf, limited: limited(takeAuth, addressKey) }));
  api.route('/ws', upgradeRoutes({ limited: limited(takeGeneral, addressKey) }));

  api.use(createSignedIn({ ...deps, addressKey, take: takeGeneral, tokenIsEnough: TOKEN_IS_ENOUGH }));
  api.route('/auth', sessionRoutes(deps));
  api.route('/users', userRoutes({ ...deps, jsonBody, addressOf }));
  api.route('/channels', channelRoutes({ ...deps, jsonBody }));
  api.route('/channels', memberRoutes({ ...deps, jsonBody, queryOrJsonBody }));
  api.route('/messages', messageRoutes({ ...deps, jsonBody }));
  api.route('/conversations', conversationRoutes(deps));
  api.route('/ws', liveRoutes({ ...deps, jsonBody }));
  return api;
}
