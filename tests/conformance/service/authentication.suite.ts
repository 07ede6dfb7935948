// Whose a live connection is: signing in on it, again, and wrongly.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { cast, type Person } from './kit/people.ts';
import { signToken, tokenFor } from './kit/tokens.ts';

/** Every frame that only an authenticated connection may send. */
const PRIVATE_FRAMES = [
  ['channel.join', { channel_id: 1 }],
  ['channel.leave', { channel_id: 1 }],
  ['direct.join', { user_id: 1 }],
  ['channel.message', { channel_id: 1, text: 'x' }],
  ['direct.message', { receiver_id: 1, text: 'x' }],
] as const;

const BAD_TOKENS: [string, (who: Person) => string][] = [
  ['nonsense', () => 'nonsense'],
  ['a token of another secret', ({ id }) => signToken({ userId: id, exp: 4e9 }, { secret: 'another' })],
  ['an unsigned token', ({ id }) => signToken({ userId: id, exp: 4e9 }, { alg: 'none' })],
  ['a token that has run out', (who) => tokenFor(who, -5)],
  ['a token of nobody', () => signToken({ userId: 2_000_000_000, exp: 4e9 })],
];

export function authenticationSuite(service: Service): void {
  describe('authentication', () => {
    const people = cast(service, 'ann', 'bob');

    describe.each(TRANSPORTS)('authentication over %s', (transport) => {
      const connect = connector(service, transport);

      /** Ends as the protocol says for a connection that is not, or no longer, authenticated. */
      async function expectSignedOut(client: ChatClient): Promise<void> {
        const { code } = await client.closed;
        if (transport === 'raw') expect(code).toBe(4401);
      }

      /** Proves who the connection is: by the sender of what it sends. */
      async function actsAs(client: ChatClient): Promise<unknown> {
        const { id } = await client.call('direct.message', { receiver_id: people.ann.id, text: 'who am I?' });
        const frame = await client.next(({ type, data }) => type === 'direct.message' && data.id === id);
        return frame.data.sender_id;
      }

      test('an authenticate frame is answered with connection.connect, and the connection belongs to the user', async () => {
        const client = await connect();
        const { id, username, token } = people.ann;
        const data = await client.call('authenticate', { token });
        expect(data).toEqual({
          user_id: id,
          username,
          client_id: expect.stringMatching(/\S/),
          status: 'connected',
          message: expect.any(String),
        });
        expect(client.frames).toHaveLength(1);
        expect(client.frames[0]).toMatchObject({ type: 'connection.connect', timestamp: expect.any(Number) });
        expect(await actsAs(client)).toBe(id);
      });

      test('an authenticate frame without an id is answered as well', async () => {
        const client = await connect();
        client.emit({ type: 'authenticate', data: { token: people.ann.token } });
        expect((await client.next('connection.connect')).data).toMatchObject({ user_id: people.ann.id });
      });

      test('with a token in the handshake the first frame is connection.connect, with a client_id of its own', async () => {
        const clients = [await connect(people.ann, 0), await connect(people.ann, 0), await connect(people.ann, 1)];
        for (const { frames } of clients) {
          expect(frames[0]).toMatchObject({
            id: expect.any(String),
            type: 'connection.connect',
            data: { user_id: people.ann.id, username: people.ann.username, status: 'connected' },
          });
        }
        expect(new Set(clients.map((client) => client.frames[0]?.data.client_id)).size).toBe(3);
      });

      test('a token of the former service is good here too', async () => {
        const { id, email, username } = people.ann;
        const client = await connect({ token: signToken({ id, email, username, exp: 4e9 }) });
        expect(client.frames[0]?.data).toMatchObject({ user_id: id, username });
      });

      test('before it, nothing is done, but nothing is lost either', async () => {
        const client = await connect();
        for (const [type, data] of PRIVATE_FRAMES) {
          expect(await client.refused(type, data)).toMatchObject({ code: 'NOT_AUTHENTICATED' });
        }
        client.emit({ type: 'channel.join', data: { channel_id: 1 } });
        expect(await client.nextFailure((failure) => !failure.id?.startsWith('ask-'))).toMatchObject({
          code: 'NOT_AUTHENTICATED',
        });
        await client.call('authenticate', { token: people.ann.token });
        expect(await actsAs(client)).toBe(people.ann.id);
      });

      test.each(BAD_TOKENS)('%s is refused, and the connection ends', async (_, token) => {
        const client = await connect();
        const refused = await client.refused('authenticate', { token: token(people.ann) });
        expect(refused.code).toBe('AUTHENTICATION_FAILED');
        await expectSignedOut(client);
      });

      test.each([{}, { token: '' }, { token: 5 }, { token: null }, { token: ['a'] }])(
        'the data %j is not valid, and no reason to end the connection',
        async (data) => {
          const client = await connect();
          expect((await client.refused('authenticate', data)).code).toBe('VALIDATION_FAILED');
          await client.call('authenticate', { token: people.ann.token });
        },
      );

      test('a bad token later is refused: the former one goes on', async () => {
        const client = await connect(people.ann);
        for (const [, token] of BAD_TOKENS) {
          const refused = await client.refused('authenticate', { token: token(people.ann) });
          expect(refused.code).toBe('AUTHENTICATION_FAILED');
        }
        expect(await actsAs(client)).toBe(people.ann.id);
      });

      test('the token of another user is refused: the connection stays with the first', async () => {
        const client = await connect(people.ann);
        expect((await client.refused('authenticate', { token: people.bob.token })).code).toBe('FORBIDDEN');
        expect(await actsAs(client)).toBe(people.ann.id);
      });
    });
  });
}
