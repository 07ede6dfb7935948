// Everything that a client of the service can rely on, on nodes of three runtimes that share PostgreSQL and Redis.
import { describe } from 'vitest';
import { outagesSuite } from '../conformance/service/outages.suite.ts';
import { serviceSuite } from '../conformance/service/service.suite.ts';
import { twoNodesSuite } from '../conformance/service/two-nodes.suite.ts';
import { clusterTarget } from '../support/service-under-test.ts';

const target = clusterTarget(['deno', 'bun', 'node']);

describe('conformance over a cluster of Deno, Bun and Node', () => {
  serviceSuite(target);
  twoNodesSuite(target);
  outagesSuite(target);
});
