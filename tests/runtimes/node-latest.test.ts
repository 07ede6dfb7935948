// What clients rely on and a version of Node could change, on the newest Node, with the embedded database.
import { describe } from 'vitest';
import { runtimeSuite } from '../conformance/service/runtime.suite.ts';
import { embeddedTarget } from '../support/service-under-test.ts';

describe('conformance over the newest Node', () => runtimeSuite(embeddedTarget('node-latest')));
