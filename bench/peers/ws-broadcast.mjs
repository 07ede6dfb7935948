// A bare broadcast server on `ws`: no database, no checks. Each frame is encoded once and written to every socket of
// its room. With COALESCE=1, those of one turn of the event loop are joined first.
import { createServer } from 'node:http';
import { Sender, WebSocketServer } from 'ws';
import { messageFrame } from './message-frame.mjs';

const coalesce = process.env.COALESCE === '1';
const rooms = new Map();

const server = createServer((_request, response) => response.end('{"status":"ok"}'));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

function roomOf(channelId) {
  const known = rooms.get(channelId);
  if (known) return known;
  const room = { members: new Set(), pending: [], seq: 0 };
  rooms.set(channelId, room);
  return room;
}

function encode(text) {
  const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
  return Buffer.concat(Sender.frame(Buffer.from(text), options));
}

function flush(room) {
  const bytes = Buffer.concat(room.pending);
  room.pending = [];
  for (const member of room.members) member.write(bytes);
}

function broadcast(room, bytes) {
  if (!coalesce) for (const member of room.members) member.write(bytes);
  else if (room.pending.push(bytes) === 1) setImmediate(flush, room);
}

function nextMessage(room, { channel_id, text }) {
  room.seq += 1;
  return JSON.stringify(messageFrame(channel_id, room.seq, text));
}

sockets.on('connection', (socket, { socket: network }) => {
  const mine = new Set();
  const answer = (frameId, data) => socket.send(JSON.stringify({ id: frameId, type: 'ack', data }));
  socket.on('message', (bytes) => {
    const { type, data, id: frameId } = JSON.parse(bytes);
    const room = roomOf(data.channel_id);
    if (type === 'channel.join') {
      mine.add(room);
      room.members.add(network);
    } else broadcast(room, encode(nextMessage(room, data)));
    if (frameId) answer(frameId, { id: room.seq, seq: room.seq });
  });
  socket.on('close', () => {
    for (const room of mine) room.members.delete(network);
  });
  socket.on('error', () => {});
  socket.send('{"type":"connection.connect"}');
});

server.listen(Number(process.env.PORT), '127.0.0.1');
