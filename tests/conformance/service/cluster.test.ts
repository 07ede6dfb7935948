// What only several nodes can get wrong, which share PostgreSQL and Redis, and what a node could do otherwise there than
// with the embedded database. All the rest is asked of a cluster of several runtimes: tests/runtimes/mixed-cluster.test.ts.
import { describe } from 'vitest';
import { clusterTarget, withService } from '../../support/service-under-test.ts';
import { accountLogSuite } from './account-log.suite.ts';
import { batchedJoinsSuite } from './batched-joins.suite.ts';
import { deletedAccountSuite } from './deleted-account.suite.ts';
import { joinModesSuite } from './join-modes.suite.ts';
import { markersSuite } from './markers.suite.ts';
import { namesSuite } from './names.suite.ts';
import { outagesSuite } from './outages.suite.ts';
import { reactionsSuite } from './reactions.suite.ts';
import { runtimeSuite } from './runtime.suite.ts';
import { sessionsSuite } from './sessions.suite.ts';
import { twoNodesSuite } from './two-nodes.suite.ts';
import { typingSuite } from './typing.suite.ts';
import { userPresenceSuite } from './user-presence.suite.ts';

const target = clusterTarget();

describe(target.name, () => {
  runtimeSuite(target);
  twoNodesSuite(target);
  outagesSuite(target);
  sessionsSuite(withService(target));
  namesSuite(withService(target));
  typingSuite(withService(target));
  reactionsSuite(withService(target));
  markersSuite(withService(target));
  batchedJoinsSuite(withService(target));
  joinModesSuite(withService(target));
  accountLogSuite(withService(target));
  userPresenceSuite(withService(target));
  deletedAccountSuite(withService(target));
});
