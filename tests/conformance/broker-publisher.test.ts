// What a link for publishing owes others when it is given up.
import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { PLAIN } from '../../src/backends/broker/redis-dialect.ts';
import { createPublisher } from '../../src/backends/broker/redis-publisher.ts';
import { createRedisConnection } from '../../src/backends/redis/connection.ts';
import { startProxy } from '../support/proxy.ts';
import { redisTarget } from '../support/redis-target.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';

test('a publication and a report may be lost until Redis has answered', async () => {
  const target = redisTarget(inject('redisUrl'));
  const way = await startProxy(target.nodes[0] as { host: string; port: number });
  const connection = createRedisConnection({ ...target, nodes: [way] });
  onTestFinished(async () => {
    connection.close();
    await way.stop();
  });
  const prefix = `${randomUUID()}:`;
  const publisher = createPublisher({
    open: connection.single,
    chooseDialect: async () => PLAIN,
    logger: createSilentLogger(),
    lossChannel: () => `${prefix}lost`,
    trialChannel: () => `${prefix}trial`,
  });
  await until('the link is up', publisher.connected);
  expect(publisher.owesReport()).toBe(false);

  way.freeze();
  const published = publisher.publish(`${prefix}topic`, 'a publication');
  expect(publisher.owesReport()).toBe(true);
  way.thaw();
  await published;
  expect(publisher.owesReport()).toBe(false);

  way.freeze();
  publisher.reportLoss();
  expect(publisher.owesReport()).toBe(true);
  way.thaw();
  await until('Redis has answered', () => !publisher.owesReport());
});
