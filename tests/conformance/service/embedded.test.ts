// Everything that a client of the service can rely on, on one node with the embedded database.
import { describe } from 'vitest';
import { embeddedTarget } from '../../support/service-under-test.ts';
import { serviceSuite } from './service.suite.ts';

const target = embeddedTarget();

describe(target.name, () => serviceSuite(target));
