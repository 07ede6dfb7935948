// Three nodes behind the proxy that ships with the service: its users know one address. Of the suites those that a proxy could
// break: what connects, what fails, and what counts addresses; with FULL=1 all of them.
import { describe } from 'vitest';
import { proxyTarget } from '../../support/service-behind-proxy.ts';
import { withService } from '../../support/service-under-test.ts';
import { authenticationSuite } from './authentication.suite.ts';
import { badFramesSuite } from './bad-frames.suite.ts';
import { badRequestsSuite } from './bad-requests.suite.ts';
import { catchUpSuite } from './catch-up.suite.ts';
import { channelFramesSuite } from './channel-frames.suite.ts';
import { crossTransportSuite } from './cross-transport.suite.ts';
import { directSuite } from './direct.suite.ts';
import { failuresSuite } from './failures.suite.ts';
import { floodsSuite } from './floods.suite.ts';
import { framesSuite } from './frames.suite.ts';
import { logsSuite } from './logs.suite.ts';
import { presenceSuite } from './presence.suite.ts';
import { proxySuite } from './proxy.suite.ts';
import { rateLimitsSuite } from './rate-limits.suite.ts';
import { rawWebSocketSuite } from './raw-websocket.suite.ts';
import { accountsSuite } from './rest-accounts.suite.ts';
import { changesSuite } from './rest-changes.suite.ts';
import { channelsSuite } from './rest-channels.suite.ts';
import { historySuite } from './rest-history.suite.ts';
import { liveSuite } from './rest-live.suite.ts';
import { membersSuite } from './rest-members.suite.ts';
import { messagesSuite } from './rest-messages.suite.ts';
import { signInSuite } from './sign-in.suite.ts';
import { slowReaderSuite } from './slow-reader.suite.ts';
import { socketIoSuite } from './socketio.suite.ts';

const target = proxyTarget();

describe(target.name, () => {
  proxySuite(target);
  const service = withService(target);
  failuresSuite(service);
  rawWebSocketSuite(service);
  socketIoSuite(service);
  crossTransportSuite(service);
  logsSuite(service);
  if (process.env.FULL === '1') {
    const more = [accountsSuite, signInSuite, channelsSuite, membersSuite, messagesSuite, changesSuite, historySuite];
    const live = [authenticationSuite, framesSuite, channelFramesSuite, badFramesSuite, catchUpSuite, directSuite];
    for (const suite of [...more, liveSuite, badRequestsSuite, ...live, presenceSuite]) suite(service);
    floodsSuite(target);
    slowReaderSuite(target);
  }
  // The tests speak as another proxy before this one, which says whose requests they are.
  rateLimitsSuite(proxyTarget(3, { PROXY_BEFORE: '127.0.0.0/8' }));
});
