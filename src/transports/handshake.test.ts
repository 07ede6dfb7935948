// What a handshake says, read without a socket.
import { describe, expect, test } from 'vitest';
import { isUpgrade, offeredTokens } from './handshake.ts';

describe('offeredTokens', () => {
  test.each([
    ['/api/v1/ws', {}, []],
    ['/api/v1/ws', { authorization: 'Bearer a.b.c' }, ['a.b.c']],
    ['/api/v1/ws', { authorization: 'bearer   a.b.c ' }, ['a.b.c']],
    ['/api/v1/ws', { authorization: 'Bearer' }, ['']],
    ['/api/v1/ws', { authorization: 'Basic cm9vdA==' }, []],
    ['/api/v1/ws?token=a.b.c', {}, ['a.b.c']],
    ['/api/v1/ws?x=1&token=a%2Eb&y', {}, ['a.b']],
    ['/api/v1/ws?token=', {}, ['']],
    ['/api/v1/ws', { 'sec-websocket-protocol': 'chat.v1, bearer.a.b.c' }, ['a.b.c']],
    ['/api/v1/ws', { 'sec-websocket-protocol': 'chat.v1,other' }, []],
    ['/api/v1/ws?token=t', { authorization: 'Bearer t', 'sec-websocket-protocol': 'bearer.t' }, ['t']],
    ['/api/v1/ws?token=t&token=u', {}, ['t', 'u']],
    ['/api/v1/ws?token=t', { authorization: 'Bearer u' }, ['u', 't']],
  ])('%s %o', (url, headers, tokens) => {
    expect(offeredTokens(url, headers)).toEqual(tokens);
  });
});

describe('isUpgrade', () => {
  const websocket = { upgrade: 'WebSocket' };
  test.each([
    ['GET', '/api/v1/ws', websocket, true],
    ['GET', '/api/v1/ws?token=x', websocket, true],
    ['GET', '/api/v1/ws/', websocket, true],
    ['GET', '/socket.io/?EIO=4&transport=websocket', websocket, true],
    ['POST', '/api/v1/ws', websocket, false],
    ['GET', '/api/v1/ws', { upgrade: 'h2c' }, false],
    ['GET', '/api/v1/ws', {}, false],
    ['GET', '/api/v1/wsx', websocket, false],
    ['GET', '/', websocket, false],
  ])('%s %s %o', (method, url, headers, expected) => {
    expect(isUpgrade(method, url, headers)).toBe(expected);
  });
});
