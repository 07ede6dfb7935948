// Three nodes behind the proxy that ships with the service: its users know one address. Of the suites those that a proxy could
// break: what connects, what fails, and what counts addresses; with FULL=1 all of them.
import { describe } from 'vitest';
import { proxyTarget } from '../../support/service-behind-proxy.ts';
import { withService } from '../../support/service-under-test.ts';
import { crossTransportSuite } from './cross-transport.suite.ts';
import { failuresSuite } from './failures.suite.ts';
import { logsSuite } from './logs.suite.ts';
import { proxySuite } from './proxy.suite.ts';
import { rateLimitsSuite } from './rate-limits.suite.ts';
import { rawWebSocketSuite } from './raw-websocket.suite.ts';
import { serviceSuite } from './service.suite.ts';
import { socketIoSuite } from './socketio.suite.ts';

const target = proxyTarget();

describe(target.name, () => {
  proxySuite(target);
  if (process.env.FULL === '1') serviceSuite(target);
  const service = withService(target);
  failuresSuite(service);
  rawWebSocketSuite(service);
  socketIoSuite(service);
  crossTransportSuite(service);
  logsSuite(service);
  // The tests speak as another proxy before this one, which says whose requests they are.
  rateLimitsSuite(proxyTarget(3, { PROXY_BEFORE: '127.0.0.0/8' }));
});
