// An account that another program deletes: everything of it ends, on every node and over every transport.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, joined } from './kit/live.ts';
import { cast, group, say } from './kit/people.ts';
import { expectFailure } from './kit/rest.ts';

/** The promise. */
const ENDS_WITHIN_MS = 5_000;

export function deletedAccountSuite(service: Service): void {
  describe('an account that another program deletes', () => {
    const people = cast(service, 'ann', 'gone');
    const connects = TRANSPORTS.map((transport) => connector(service, transport));

    test('reads, writes and is seen nowhere any more, within 5 s on every node', async () => {
      const { ann, gone } = people;
      const id = await group(ann, gone);
      const places = connects.flatMap((connect) => [0, 1].map((node) => ({ connect, node })));
      const clients = await Promise.all(places.map(({ connect, node }) => joined(connect, gone, id, node)));
      const stays = await Promise.all(places.map(({ connect, node }) => joined(connect, ann, id, node)));

      const deletedAt = performance.now();
      await service.sql(`update users set "deletedAt" = now() at time zone 'utc' where id = ${gone.id}`);
      for (const { closed, transport } of clients) {
        const { code, at } = await closed;
        expect(at - deletedAt).toBeLessThan(ENDS_WITHIN_MS);
        if (transport === 'raw') expect(code).toBe(4401);
      }

      const { id: after } = await say(ann, id);
      for (const client of stays) await client.next(({ data }) => data.id === after);
      for (const { frames } of clients) expect(frames.filter(({ data }) => data.id === after)).toEqual([]);
      for (const api of [ann.api, ann.elsewhere]) {
        expect((await api.get<{ users: number[] }>('/ws/users')).data.users).toEqual([ann.id]);
        expect((await api.get<{ members: number[] }>(`/ws/channels/${id}/members`)).data.members).toEqual([ann.id]);
      }
      for (const api of [gone.api, gone.elsewhere]) expectFailure(await api.get('/channels'), 401, 'UNAUTHORIZED');
      for (const connect of connects) {
        await expect(connect(gone, 0)).rejects.toThrow();
        const client = await connect(undefined, 1);
        expect((await client.refused('authenticate', { token: gone.token })).code).toBe('AUTHENTICATION_FAILED');
      }
    });
  });
}
