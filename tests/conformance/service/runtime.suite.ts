// The suites that show what a version of a runtime could change: its HTTP server, sockets, timers, native modules and signals.
import { describe } from 'vitest';
import { type Target, withService } from '../../support/service-under-test.ts';
import { badRequestsSuite } from './bad-requests.suite.ts';
import { catchUpSuite } from './catch-up.suite.ts';
import { crossTransportSuite } from './cross-transport.suite.ts';
import { failuresSuite } from './failures.suite.ts';
import { framesSuite } from './frames.suite.ts';
import { lifeCycleSuite } from './life-cycle.suite.ts';
import { logsSuite } from './logs.suite.ts';
import { patienceSuite } from './patience.suite.ts';
import { rawWebSocketSuite } from './raw-websocket.suite.ts';
import { requestHeadsSuite } from './request-heads.suite.ts';
import { liveSuite } from './rest-live.suite.ts';
import { signInSuite } from './sign-in.suite.ts';
import { slowReaderSuite } from './slow-reader.suite.ts';
import { socketIoSuite } from './socketio.suite.ts';
import { startSuite } from './start.suite.ts';
import { systemSuite } from './system.suite.ts';

/** A part of what `serviceSuite` runs, for versions of a runtime that passes all of it. */
export function runtimeSuite(target: Target): void {
  describe('REST', () => {
    const service = withService(target);
    systemSuite(service);
    signInSuite(service);
    liveSuite(service);
    failuresSuite(service);
    badRequestsSuite(service);
    requestHeadsSuite(service);
  });
  describe('live', () => {
    const service = withService(target);
    patienceSuite(service, () => {
      rawWebSocketSuite(service);
      framesSuite(service);
      catchUpSuite(service);
      socketIoSuite(service);
      crossTransportSuite(service);
    });
    logsSuite(service);
  });
  describe('a service of its own', () => {
    startSuite(target);
    slowReaderSuite(target);
    lifeCycleSuite(target);
  });
}
