// What operators and newcomers read: health, readiness, metrics, the description of the interface.
import { describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { send } from './kit/rest.ts';
import { isoTime } from './kit/wire.ts';

/** Every call of the REST interface, as the OpenAPI document names it below `/api/v1`. */
const CALLS = `
post /auth/register
post /auth/login
get /users/profile
put /users/profile
post /auth/logout
post /auth/logout-all
get /users/search
get /channels
post /channels
get /channels/{id}
put /channels/{id}
delete /channels/{id}
post /channels/{id}/users
delete /channels/{id}/users
post /channels/{id}/leave
post /channels/{id}/user
delete /channels/{id}/user
put /channels/{id}/user
get /messages/channel/{id}
get /messages/friend/{friendId}
post /messages
get /conversations
get /messages/{id}
patch /messages/{id}
delete /messages/{id}
get /ws/stats
get /ws/channels/{channelId}/members
post /ws/channels/{channelId}/broadcast
get /ws/users
delete /ws/users/{userId}`
  .trim()
  .split('\n');

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, { responses?: Record<string, unknown> }>>;
}

export function systemSuite(service: Service): void {
  describe('the system', () => {
    const get = (path: string, node = 0) => send(`${service.url(node)}${path}`);

    test('the health says that the process lives, and for how long', async () => {
      const reply = await get('/health');
      expect(reply.status).toBe(200);
      expect(reply.body).toEqual({ status: 'ok', timestamp: isoTime(), uptime: expect.any(Number) });
      const { timestamp, uptime } = reply.body as unknown as { timestamp: string; uptime: number };
      expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(60_000);
      expect(uptime).toBeGreaterThan(0);
      expect(uptime).toBeLessThan(600);
    });

    test('the readiness has a line for the database and one for Redis', async () => {
      const reply = await get('/ready', 1);
      expect(reply.status).toBe(200);
      expect(reply.text).toMatch(/database/i);
      expect(reply.text).toMatch(/redis/i);
    });

    test('the metrics are Prometheus text', async () => {
      await get('/health');
      const reply = await get('/metrics');
      expect(reply.status).toBe(200);
      expect(reply.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(reply.text).toMatch(/^chat_connections \d+$/m);
      expect(reply.text).toMatch(/^# HELP \S+ .+$/m);
      expect(reply.text).toMatch(/^# TYPE \S+ (counter|gauge|histogram|summary)$/m);
      const samples = reply.text.split('\n').filter((line) => line && !line.startsWith('#'));
      for (const line of samples) expect(line).toMatch(/^[a-zA-Z_:][\w:]*(\{.*\})? \S+( \d+)?$/);
    });

    describe('the OpenAPI document', () => {
      test('is of version 3.1', async () => {
        const reply = await get('/openapi.json');
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({
          openapi: expect.stringMatching(/^3\.1\./),
          info: { title: expect.any(String) },
        });
      });

      test.each(CALLS)('has %s', async (call) => {
        const [method = '', path = ''] = call.split(' ');
        const { paths } = (await get('/openapi.json')).body as unknown as OpenApi;
        const operation = (paths[`/api/v1${path}`] ?? paths[path])?.[method];
        expect(operation, `${call} among ${Object.keys(paths)}`).toBeDefined();
        expect(Object.keys(operation?.responses ?? {}).some((status) => status.startsWith('2'))).toBe(true);
      });
    });

    test('the page of the documents works without the internet', async () => {
      const page = await get('/docs');
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => String(match[1]));
      expect(links.length).toBeGreaterThan(0);
      // The page may have been redirected to: what it links to is relative to where it is.
      const base = (await fetch(`${service.url(0)}/docs`)).url;
      for (const link of links) {
        const target = new URL(link, base);
        expect(target.origin).toBe(service.url(0));
        expect((await fetch(target)).status, link).toBe(200);
      }
      expect(page.text).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)[^"'\s]+\.(js|css)/);
    });
  });
}
