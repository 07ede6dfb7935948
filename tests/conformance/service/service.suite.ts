// All suites that run over every kind of service, most of them over one that they share.
import { describe } from 'vitest';
import { type Target, withService } from '../../support/service-under-test.ts';
import { accountLogSuite } from './account-log.suite.ts';
import { attacksSuite } from './attacks.suite.ts';
import { authenticationSuite } from './authentication.suite.ts';
import { badFramesSuite } from './bad-frames.suite.ts';
import { badRequestsSuite } from './bad-requests.suite.ts';
import { batchedJoinsSuite } from './batched-joins.suite.ts';
import { catchUpSuite } from './catch-up.suite.ts';
import { channelFramesSuite } from './channel-frames.suite.ts';
import { connectionLimitsSuite } from './connection-limits.suite.ts';
import { crossTransportSuite } from './cross-transport.suite.ts';
import { directSuite } from './direct.suite.ts';
import { failuresSuite } from './failures.suite.ts';
import { floodsSuite } from './floods.suite.ts';
import { framesSuite } from './frames.suite.ts';
import { heartbeatSuite } from './heartbeat.suite.ts';
import { joinModesSuite } from './join-modes.suite.ts';
import { lifeCycleSuite } from './life-cycle.suite.ts';
import { logsSuite } from './logs.suite.ts';
import { markersSuite } from './markers.suite.ts';
import { messageFieldsSuite } from './message-fields.suite.ts';
import { metadataSuite } from './metadata.suite.ts';
import { namesSuite } from './names.suite.ts';
import { pagesSuite } from './pages.suite.ts';
import { patienceSuite } from './patience.suite.ts';
import { presenceSuite } from './presence.suite.ts';
import { privateEmailsSuite } from './private-emails.suite.ts';
import { rateLimitsSuite } from './rate-limits.suite.ts';
import { rawWebSocketSuite } from './raw-websocket.suite.ts';
import { reactionsSuite } from './reactions.suite.ts';
import { requestHeadsSuite } from './request-heads.suite.ts';
import { accountsSuite } from './rest-accounts.suite.ts';
import { changesSuite } from './rest-changes.suite.ts';
import { channelsSuite } from './rest-channels.suite.ts';
import { historySuite } from './rest-history.suite.ts';
import { liveSuite } from './rest-live.suite.ts';
import { membersSuite } from './rest-members.suite.ts';
import { messagesSuite } from './rest-messages.suite.ts';
import { sessionsSuite } from './sessions.suite.ts';
import { signInSuite } from './sign-in.suite.ts';
import { slowReaderSuite } from './slow-reader.suite.ts';
import { socketIoSuite } from './socketio.suite.ts';
import { startSuite } from './start.suite.ts';
import { systemSuite } from './system.suite.ts';
import { typingSuite } from './typing.suite.ts';
import { userPresenceSuite } from './user-presence.suite.ts';

/** In this order: the heartbeat is watched on connections that are open during all of it, the log is read at the end. */
export function serviceSuite(target: Target): void {
  heartbeatSuite(target, () => {
    describe('REST', () => {
      const service = withService(target);
      systemSuite(service);
      accountsSuite(service);
      namesSuite(service);
      signInSuite(service);
      channelsSuite(service);
      membersSuite(service);
      messagesSuite(service);
      changesSuite(service);
      historySuite(service);
      liveSuite(service);
      failuresSuite(service);
      badRequestsSuite(service);
      requestHeadsSuite(service);
      logsSuite(service);
    });
    describe('live', () => {
      const service = withService(target);
      patienceSuite(service, () => {
        authenticationSuite(service);
        sessionsSuite(service);
        rawWebSocketSuite(service);
        framesSuite(service);
        channelFramesSuite(service);
        badFramesSuite(service);
        catchUpSuite(service);
        batchedJoinsSuite(service);
        joinModesSuite(service);
        accountLogSuite(service);
        directSuite(service);
        socketIoSuite(service);
        crossTransportSuite(service);
      });
      presenceSuite(service);
      typingSuite(service);
      messageFieldsSuite(service);
      reactionsSuite(service);
      userPresenceSuite(service);
      metadataSuite(service);
      markersSuite(service);
      logsSuite(service);
    });
    describe('a service of its own', () => {
      startSuite(target);
      pagesSuite(target);
      privateEmailsSuite(target);
      rateLimitsSuite(target);
      connectionLimitsSuite(target);
      floodsSuite(target);
      attacksSuite(target);
      slowReaderSuite(target);
      lifeCycleSuite(target);
    });
  });
}
