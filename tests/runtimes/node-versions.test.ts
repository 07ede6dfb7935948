// What clients rely on and a version of Node could change, on the LTS release and the newest one, side by side.
import { describe } from 'vitest';
import { runtimeSuite } from '../conformance/service/runtime.suite.ts';
import { systemSuite } from '../conformance/service/system.suite.ts';
import { clusterTarget, embeddedTarget, withService } from '../support/service-under-test.ts';

describe('conformance over a cluster of the LTS release of Node and the newest', () => {
  runtimeSuite(clusterTarget(['node-lts', 'node-latest']));
});

describe.each(['node-lts', 'node-latest'] as const)('the embedded database on %s', (runtime) => {
  systemSuite(withService(embeddedTarget(runtime)));
});
