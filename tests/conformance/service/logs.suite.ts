// What a service writes about all that the suites before this one did: structured lines, and nobody's secrets.
import { describe, expect, test } from 'vitest';
import { connect } from '../../support/contract-clients.ts';
import { SECRET, type Service } from '../../support/service-under-test.ts';
import { cast, PASSWORD, register } from './kit/people.ts';
import { rest, send } from './kit/rest.ts';

export function logsSuite(service: Service): void {
  describe('the log', () => {
    const people = cast(service, 'ann');
    const written = () =>
      service.nodes.flatMap((node) => [...node.log.map((line) => JSON.stringify(line)), ...node.noise]);

    test('is one JSON object a line', () => {
      for (const node of service.nodes) {
        expect(node.noise).toEqual([]);
        expect(node.log.length).toBeGreaterThan(0);
      }
    });

    test('has the request id that a failure gave to the client', async () => {
      const reply = await send(`${service.url(0)}/api/v1/nothing`);
      await expect.poll(() => written().some((line) => line.includes(`"${reply.body.requestId}"`))).toBe(true);
    });

    test('has no password, no token, no secret and no text of a message', async () => {
      const text = 'a text for the eyes of its readers';
      const { ann } = people;
      const client = await connect('raw', service.url(0), { token: ann.token });
      await client.call('direct.message', { receiver_id: ann.id, text });
      await client.refused('direct.message', { receiver_id: 'x', text });
      await client.refused('authenticate', { token: 'a bad token' });
      await client.close();
      await ann.api.post('/messages', { receiver_id: 1, text, url: text });
      await rest(service.url(0)).post('/auth/login', { email: ann.email, password: 'a wrong password' });
      await fetch(`${service.url(0)}/api/v1/ws?token=${ann.token}`);
      await fetch(`${service.url(0)}/socket.io/?EIO=4&transport=polling&token=${ann.token}`);
      const late = await register(service, 'late');
      const marker = await send(`${service.url(0)}/api/v1/nothing`);
      await expect.poll(() => written().some((line) => line.includes(`"${marker.body.requestId}"`))).toBe(true);
      const secrets = [
        PASSWORD,
        'a wrong password',
        'a bad token',
        SECRET,
        text,
        late.token,
        'Bearer ey',
        '.eyJ',
        '$argon2',
      ];
      for (const secret of secrets) expect(written().filter((line) => line.includes(secret))).toEqual([]);
    });
  });
}
