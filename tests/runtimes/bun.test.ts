// Everything that a client of the service can rely on, on Bun, with the embedded database.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { runtimePath } from '../../scripts/runtime.mjs';
import { serviceSuite } from '../conformance/service/service.suite.ts';
import { embeddedTarget } from '../support/service-under-test.ts';

describe('conformance over Bun', () => serviceSuite(embeddedTarget('bun')));

test('Bun refuses the source, where slow readers would never be served on, and says what to run', () => {
  const { status, stdout } = spawnSync(runtimePath('bun'), ['src/runtime/node.ts'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ level: 'error', msg: expect.stringContaining('`bun run start`') });
});
