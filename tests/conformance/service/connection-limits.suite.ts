// How many connections one user and one address may have: more are refused at the handshake, or where they sign in.
import { afterEach, describe, expect, test } from 'vitest';
import { type Target, withService } from '../../support/service-under-test.ts';
import { openSocketIo, type SocketIoClient } from '../../support/socketio-client.ts';
import { openWs, refusedWs, type WsClient } from '../../support/ws-client.ts';
import { cast } from './kit/people.ts';

const PER_USER = 4;
const PER_ADDRESS = 3;

export function connectionLimitsSuite(target: Target): void {
  describe('limits of connections', () => {
    const service = withService(target, {
      MAX_CONNECTIONS_PER_USER: String(PER_USER),
      MAX_UNAUTHENTICATED_PER_ADDRESS: String(PER_ADDRESS),
      TRUST_PROXY: 'true',
    });
    const people = cast(service, 'ann', 'bob', 'cid');
    const open: Array<WsClient | SocketIoClient> = [];
    afterEach(async () => void (await Promise.all(open.splice(0).map((client) => client.close()))));

    let addresses = 0;
    /** Of a client that is counted by an address of its own. */
    const elsewhere = () => ({ 'x-forwarded-for': `10.9.8.${++addresses}` });

    async function raw(options: Parameters<typeof openWs>[1] = {}, node = 0): Promise<WsClient> {
      const client = await openWs(`${service.url(node)}/api/v1/ws`, { headers: elsewhere(), ...options });
      open.push(client);
      return client;
    }

    async function signedIn(token: string, node: number): Promise<void> {
      await (await raw({ token }, node)).next('connection.connect');
    }

    test('a user has only so many over all nodes: then 429, RATE_LIMITED and the end', async () => {
      const { ann, bob } = people;
      for (let at = 0; at < PER_USER; at += 1) await signedIn(ann.token, at);
      for (const node of [0, 1]) {
        const refusal = await refusedWs(`${service.url(node)}/api/v1/ws`, { token: ann.token, headers: elsewhere() });
        expect(refusal).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
        expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
      }
      const byFrame = await raw({}, 1);
      byFrame.send({ type: 'authenticate', data: { token: ann.token }, id: 'a' });
      expect(await byFrame.next('error')).toMatchObject({ id: 'a', data: { code: 'RATE_LIMITED' } });
      expect((await byFrame.closed).code).toBe(4401);
      const socketIo = await openSocketIo(service.url(0), { auth: { token: ann.token }, extraHeaders: elsewhere() });
      open.push(socketIo);
      expect(await socketIo.next('error')).toMatchObject({ code: 'RATE_LIMITED' });
      await socketIo.disconnected;
      await signedIn(bob.token, 0);
    });

    test('a connection that ends makes room for another one', async () => {
      const { cid } = people;
      for (let at = 0; at < PER_USER; at += 1) await signedIn(cid.token, at);
      await open.pop()?.close();
      for (;;) {
        const next = await raw({ token: cid.token }).catch(() => undefined);
        if (!next) continue;
        expect((await next.next('connection.connect')).data.user_id).toBe(cid.id);
        return;
      }
    });

    test('an address has only so many that have not signed in', async () => {
      const headers = elsewhere();
      const silent = [];
      for (let at = 0; at < PER_ADDRESS; at += 1) silent.push(await raw({ headers }));
      const address = `${service.url(0)}/api/v1/ws`;
      expect(await refusedWs(address, { headers })).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      const polling = await fetch(`${service.url(0)}/socket.io/?EIO=4&transport=polling`, { headers });
      expect([polling.status, polling.headers.get('retry-after')]).toEqual([429, '10']);
      // With a token, or from elsewhere, there is room; and who signs in makes some.
      await (await raw({ headers, token: people.bob.token })).next('connection.connect');
      await raw();
      silent[0]?.send({ type: 'authenticate', data: { token: people.bob.token } });
      await silent[0]?.next('connection.connect');
      await raw({ headers });
    });
  });
}
