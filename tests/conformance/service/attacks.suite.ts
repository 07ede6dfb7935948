// Peers that mean harm with little: floods of what is no frame, answers that nobody reads, connections that never become
// one. Each is ended soon, holds next to nothing until then, and others are served meanwhile.
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { bombard, clientFrame, dial, dialWebSocket, OPCODE } from '../../support/attacker.ts';
import { type Target, withService } from '../../support/service-under-test.ts';
import { openPolling, openWire } from '../../support/socketio-wire.ts';
import { until } from '../../support/until.ts';
import { connector } from './kit/live.ts';
import { cast } from './kit/people.ts';

const RAW = '/api/v1/ws?';
const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket&';
const SOCKET_IO_2 = '/socket.io/?EIO=3&transport=websocket&';
/** What sockets hold on their way, and not more than a frame or two of the largest size beside. */
const WRITTEN_MAX = 64 << 20;
const GROWTH_MAX_MB = 200;
/** The end of a connection that reads nothing: the server waits for the peer's part of it. */
const END_MS = 12_000;

const text = (payload: string) => clientFrame(OPCODE.TEXT, payload);
const many = (frame: Buffer) => Buffer.concat(Array.from({ length: Math.ceil(60_000 / frame.length) }, () => frame));

/** Name, path, what comes first, what comes again and again. */
const ATTACKS: [string, string, Buffer, Buffer][] = [
  ['raw: pings', RAW, text(''), clientFrame(OPCODE.PING, 'x'.repeat(125))],
  ['raw: pongs', RAW, text(''), clientFrame(OPCODE.PONG, '')],
  ['raw: frames that are none', RAW, text(''), text('')],
  [
    'raw: fragments of nothing',
    RAW,
    clientFrame(OPCODE.TEXT, '', { isFinal: false }),
    clientFrame(OPCODE.CONTINUATION, '', { isFinal: false }),
  ],
  ['raw: large frames', RAW, text(''), text(`{"type":"ping","data":{"x":"${'x'.repeat(60_000)}"}}`)],
  ['Socket.IO: connects', SOCKET_IO, text('40'), text('40')],
  ['Socket.IO: connects elsewhere', SOCKET_IO, text('40/x,'), text('40/x,')],
  ['Socket.IO: connects elsewhere, by long names', SOCKET_IO, text(''), text(`40/${'x'.repeat(60_000)},`)],
  ['Socket.IO: connects elsewhere after one to /', SOCKET_IO, text('40'), text(`40/${'x'.repeat(60_000)},`)],
  ['Socket.IO: pings of WebSocket', SOCKET_IO, text('40'), clientFrame(OPCODE.PING, 'x'.repeat(125))],
  ['Socket.IO: pongs', SOCKET_IO, text('40'), text('3')],
  ['Socket.IO: noops', SOCKET_IO, text('40'), text('6')],
  ['Socket.IO: acknowledgements', SOCKET_IO, text('40'), text('431[]')],
  ['Socket.IO: errors', SOCKET_IO, text('40'), text('44{}')],
  ['Socket.IO: attachments that never come', SOCKET_IO, text('40'), text('459-["x"]')],
  ['Socket.IO: binary', SOCKET_IO, text('40'), clientFrame(OPCODE.BINARY, 'x')],
  ['Socket.IO: events before the connect', SOCKET_IO, text('42["message",{}]'), text('42["message",{}]')],
  ['Socket.IO 2: pings', SOCKET_IO_2, text('2'), text('2')],
  ['Socket.IO 2: connects elsewhere', SOCKET_IO_2, text(''), text(`40/${'x'.repeat(60_000)},`)],
];

/** Requests without a body, and one with; what they ask for is large, or costs something, or is nothing. */
const REQUESTS: [string, ...string[]][] = [
  ['GET /docs/swagger-ui-bundle.js'],
  ['GET /openapi.json'],
  ['GET /ready'],
  ['GET /nothing'],
  ['GET /api/v1/channels'],
  ['GET /socket.io/?EIO=4&transport=polling'],
  ['POST /api/v1/auth/login', 'Content-Type: application/json', 'Content-Length: 2'],
];

export function attacksSuite(target: Target): void {
  describe('attacks', () => {
    const service = withService(target);
    const limited = withService(target, { WS_RATE_LIMIT_PER_SECOND: '50' });
    const people = cast(limited, 'ann');
    const unlimitedPeople = cast(service, 'ann');

    const metric = async (url: string, name: string) =>
      Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
    const connections = () => metric(limited.url(0), 'chat_connections');
    /** What an attack before has left would be taken for what this one leaves. */
    const nobodyIsLeft = () => until('nobody is left', async () => (await connections()) === 0, 20_000);
    const megabytes = (pid: number) => Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`])) / 1024;

    /** Others are answered while `mischief` goes on, and the process does not grow for it. */
    async function undisturbed<T>(mischief: () => Promise<T>, on = limited, who = people.ann): Promise<T> {
      const { pid } = on.nodes[0] as { pid: number };
      const bystander = await connector(on, 'raw')(who);
      const before = megabytes(pid);
      let most = before;
      let isOver = false;
      const watching = (async () => {
        while (!isOver) {
          await bystander.fence();
          most = Math.max(most, megabytes(pid));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const result = await mischief().finally(() => {
        isOver = true;
      });
      await watching;
      await bystander.close();
      expect(most - before, 'megabytes more').toBeLessThan(GROWTH_MAX_MB);
      return result;
    }

    describe.each(['signed out', 'signed in'])('%s', (who) => {
      test.each(ATTACKS)('%s', async (_name, path, first, more) => {
        const token = who === 'signed in' ? `token=${people.ann.token}` : '';
        const socket = await dialWebSocket(limited.url(0), `${path}${token}`);
        const { written } = await undisturbed(() => bombard(socket, first, many(more), END_MS + 5_000));
        expect(written).toBeLessThan(WRITTEN_MAX);
      });
    });

    test.each(REQUESTS)('requests one after the other, of which nobody reads an answer: %s', async (line, ...more) => {
      const head = [`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${people.ann.token}`, ...more, '', ''];
      const request = Buffer.from(`${head.join('\r\n')}${more.length > 0 ? '{}' : ''}`);
      const socket = await dial(limited.url(0));
      const { written } = await undisturbed(() => bombard(socket, request, many(request), END_MS + 5_000));
      expect(written).toBeLessThan(WRITTEN_MAX);
    });

    test('answers that nobody reads end a connection also where frames have no limit', async () => {
      const socket = await dialWebSocket(service.url(0), `${RAW}token=${unlimitedPeople.ann.token}`);
      const frame = text(`{"type":"ping","id":"${'x'.repeat(64)}"}`);
      await undisturbed(() => bombard(socket, frame, many(frame), 60_000), service, unlimitedPeople.ann);
    }, 90_000);

    test('20,000 connects in one body open one connection, which ends', async () => {
      await nobodyIsLeft();
      const { post, poll } = await openPolling(limited.url(0));
      await undisturbed(() => post(Array.from({ length: 20_000 }, () => '40').join('\u001e')));
      expect(await connections()).toBeLessThanOrEqual(1);
      await poll();
      await nobodyIsLeft();
    });

    test('thousands of events, garbage and heartbeats in one body are a flood like others', async () => {
      await nobodyIsLeft();
      for (const packet of ['42["message",{"type":"ping"}]', '42[', '3', '431[]']) {
        const { post } = await openPolling(limited.url(0));
        await undisturbed(() => post(['40', ...Array.from({ length: 2_000 }, () => packet)].join('\u001e')));
        await nobodyIsLeft();
      }
      const { post } = await openPolling(limited.url(0), 'EIO=3&transport=polling');
      await undisturbed(() => post('1:2'.repeat(10_000)));
      await nobodyIsLeft();
    });

    test('what never becomes a connection is gone after 10 s', async () => {
      await nobodyIsLeft();
      const began = performance.now();
      const url = limited.url(0);
      const wires = await Promise.all(Array.from({ length: 20 }, () => openWire(url)));
      const silent = await Promise.all(Array.from({ length: 20 }, () => dialWebSocket(url, SOCKET_IO)));
      const polling = await Promise.all(Array.from({ length: 300 }, () => openPolling(url)));
      const probes = await Promise.all(
        polling.slice(0, 20).map(({ sid }) => openWire(url, `EIO=4&transport=websocket&sid=${sid}`)),
      );
      for (const { socket } of probes) socket.send('2probe');
      expect(await connections()).toBeGreaterThanOrEqual(340);
      await Promise.all(wires.map(({ closed }) => closed));
      expect(performance.now() - began).toBeLessThan(13_000);
      await nobodyIsLeft();
      expect(performance.now() - began).toBeLessThan(16_000);
      for (const socket of silent) socket.destroy();
      await Promise.all(probes.map(({ closed }) => closed));
      const isForgotten = async () => (await fetch(polling[0]?.address as string)).status === 400;
      await until('the library knows nothing of them', isForgotten, 5_000);
    }, 60_000);

    test.each([RAW, SOCKET_IO, '/socket.io/?EIO=4&transport=polling&', '/api/v1/channels?'])(
      'headers beyond all measure are refused: %s',
      async (path) => {
        const { hostname, port } = new URL(limited.url(0));
        const answer = await undisturbed(
          () =>
            new Promise<string>((resolve) => {
              let got = '';
              const socket = connect(Number(port), hostname);
              socket.on('data', (data) => {
                got += data;
              });
              socket.on('error', () => {}).once('close', () => resolve(got));
              socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
            }),
        );
        expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      },
    );
  });
}
