// The same on several nodes that share PostgreSQL and Redis, and what only several nodes can get wrong.
import { describe } from 'vitest';
import { clusterTarget } from '../../support/service-under-test.ts';
import { outagesSuite } from './outages.suite.ts';
import { serviceSuite } from './service.suite.ts';
import { twoNodesSuite } from './two-nodes.suite.ts';

const target = clusterTarget();

describe(target.name, () => {
  serviceSuite(target);
  twoNodesSuite(target);
  outagesSuite(target);
});
