// The composition root: creates every part of the service once, and passes it to those that need it.
import type { Clock } from '../backends/clock/clock.ts';
import { HEARTBEAT_MS } from '../backends/presence/presence-store.ts';
import { type Authenticate, createAuthenticate } from '../chat/accounts/authenticate.ts';
import { createFailureLimit } from '../chat/accounts/failure-limit.ts';
import { createPasswords } from '../chat/accounts/passwords.ts';
import { createPrincipals } from '../chat/accounts/principals.ts';
import { createSessionEnds } from '../chat/accounts/session-ends.ts';
import { createSessions, type Sessions } from '../chat/accounts/sessions.ts';
import { createTokens } from '../chat/accounts/tokens.ts';
import { createChannelErasure, NO_ERASURE, type RunningErasure } from '../chat/channels/erasure.ts';
import { createEmailView } from '../chat/email-view.ts';
import { createAddressLimit } from '../chat/limited.ts';
import { createAppend } from '../chat/log/append.ts';
import { createChangeMessage } from '../chat/log/change.ts';
import { createLogReads } from '../chat/log/reads.ts';
import { createLastSeen, type LastSeen } from '../chat/presence/last-seen.ts';
import { createFindVisible } from '../chat/presence/visible.ts';
import { createUseCases } from '../chat/use-cases.ts';
import type { Database } from '../database/database.ts';
import { isRefused, isUnavailable, toChatError, withoutValues } from '../database/errors.ts';
import { createApp } from '../http/app.ts';
import type { Readiness } from '../http/dependencies.ts';
import type { Logger } from '../lib/logger.ts';
import { createSpacing } from '../lib/spacing.ts';
import { createHub, type Hub } from '../realtime/connections/hub.ts';
import { createSessionWatch, type SessionWatch } from '../realtime/connections/session-watch.ts';
import { createDelivery } from '../realtime/delivery.ts';
import { peerAddress } from '../transports/shared/peer-address.ts';
import type { Config } from './config/config.ts';
import { docsAssets } from './docs-assets.ts';
import { createMetrics } from './metrics.ts';
import { digest } from './platform/digest.ts';
import { version } from './platform/project-root.ts';
import { quietAboutOutages } from './quiet-logger.ts';
import type { Backends } from './storage/backends.ts';

/** How many ended sessions a node keeps in memory, some 200 bytes each. It asks the database about older ones. */
const MAX_ENDS = 100_000;

export interface Foundation {
  readonly config: Config;
  readonly jwtSecret: string;
  readonly nodeId: string;
  readonly db: Database;
  readonly backends: Backends;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readiness: () => Promise<Readiness>;
}

/** What the servers of a runtime connect to. */
export interface Chat {
  readonly app: ReturnType<typeof createApp>;
  readonly hub: Hub;
  readonly sessionWatch: SessionWatch;
  readonly erasure: RunningErasure;
  readonly lastSeen: LastSeen;
  /** For connections. */
  readonly authenticate: Authenticate;
}

export function composeChat(foundation: Foundation): Chat {
  const { config, nodeId, db, backends, clock } = foundation;
  const logger = quietAboutOutages(foundation.logger, (error) => isUnavailable(error) || isRefused(error));
  const { broker, presence } = backends;
  const metrics = createMetrics();
  const emails = createEmailView(config.publicEmails);
  const reads = createLogReads({ db, emails, createSpacing });
  const { maxConnectionsPerUser: perUser, maxUnauthenticatedPerAddress: perAddress } = config;
  const lastSeen = createLastSeen({ db, clock, logger });
  const findVisible = createFindVisible({ db });
  const limitsOfConnections = { perUser, perAddress };
  const delivery = createDelivery({
    ...{ nodeId, broker, presence, reads, lastSeen, findVisible, clock, logger },
    limits: limitsOfConnections,
  });
  const { sink, announce, signals, live } = delivery;

  const limiters = createLimiters(config.rateLimit, backends);
  const { jwtSecret: secret } = foundation;
  const ends = createSessionEnds(MAX_ENDS);
  const watch = createSessionWatch({
    broker,
    clock,
    logger,
    connectionsOf: delivery.directFeeds.owners,
    isEnded: ends.isEnded,
    refresh: () => sessions.refresh(),
    withoutValues,
  });
  const { notifyOtherNodes, recheck } = watch;
  const sessions: Sessions = createSessions({ db, ends, maxEnds: MAX_ENDS, notifyOtherNodes, recheck });
  const { wasEnded } = sessions;
  const tokens = createTokens({
    secret,
    accepted: config.jwtSecretsAccepted,
    digest,
    expiresIn: config.jwtExpiresIn,
    ends,
    wasEnded,
    clock,
  });
  const { adminEmails } = config;
  const principals = createPrincipals({ db, adminEmails });
  // Connections come in rushes and can wait a moment. A REST call does not wait for others.
  const paced = createPrincipals({ db, adminEmails, spacing: createSpacing() });
  const countForged = createAddressLimit({ limiter: limiters.auth, clock });
  const authenticate = createAuthenticate({ tokens, principals: paced, countForged });
  const erasure = config.eraseDeleted ? createChannelErasure({ db, clock, logger, withoutValues }) : NO_ERASURE;
  const useCases = createUseCases({
    db,
    clock,
    append: createAppend({ db, sink, clock, onBatch: metrics.onBatch }),
    change: createChangeMessage({ db, sink, clock }),
    sink,
    announce,
    signals,
    tokens,
    sessions,
    passwords: createPasswords(),
    failures: createFailureLimit({ limiter: limiters.failures, digest, clock }),
    digest,
    emails,
    accountsMoved: delivery.accountFeeds.moved,
    erasure,
    reservedEmails: config.production ? adminEmails : [],
    maxTextLength: config.maxTextLength,
    eraseDeleted: config.eraseDeleted,
  });

  const { maxBufferedBytes, slowReaderTimeoutMs, rateLimit } = config;
  const limits = { maxBufferedBytes, slowReaderTimeoutMs, framesPerSecond: rateLimit.framesPerSecond };
  const hub = createHub({
    nodeId,
    delivery,
    broker,
    presence,
    heartbeatMs: HEARTBEAT_MS,
    reads,
    authenticate,
    useCases,
    limits,
    clock,
    logger,
    metrics: metrics.hub,
    toChatError,
    withoutValues,
  });
  metrics.observeConnections(hub.connections);

  const app = createApp({
    tokens,
    principals,
    useCases,
    live,
    announce,
    limiters,
    readiness: foundation.readiness,
    metrics: metrics.http,
    logger,
    clock,
    toChatError,
    withoutValues,
    docsAssets,
    corsOrigins: config.corsOrigins,
    trustProxy: config.trustProxy,
    maxTextLength: config.maxTextLength,
    version: version(),
    clientAddress: peerAddress,
  });
  return { app, hub, sessionWatch: watch, erasure, lastSeen, authenticate };
}

function createLimiters(settings: Config['rateLimit'], backends: Backends) {
  const { windowMs, maxRequests, authMaxRequests, authFailuresPerAccount } = settings;
  const limiter = (name: string, limit: number) =>
    limit > 0 && windowMs > 0 ? backends.createRateLimiter({ name, limit, windowMs }) : null;
  return {
    general: limiter('general', maxRequests),
    auth: limiter('auth', authMaxRequests),
    failures: limiter('failures', authFailuresPerAccount),
  };
}
