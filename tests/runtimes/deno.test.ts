// Everything that a client of the service can rely on, on Deno, with the embedded database.
import { describe } from 'vitest';
import { serviceSuite } from '../conformance/service/service.suite.ts';
import { embeddedTarget } from '../support/service-under-test.ts';

describe('conformance over Deno', () => serviceSuite(embeddedTarget('deno')));
