// A bare Socket.IO server: `io.to(room).emit`, no database, no checks.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { messageFrame } from './message-frame.mjs';

const seqs = new Map();

const server = createServer((_request, response) => response.end('{"status":"ok"}'));
const io = new Server(server, { serveClient: false });

io.on('connection', (socket) => {
  socket.on('join_channel', ({ channel_id }) => {
    socket.join(`channel:${channel_id}`);
    socket.emit('joined_channel', { channel_id });
  });
  socket.on('message', ({ data: { channel_id, text } }) => {
    const seq = (seqs.get(channel_id) ?? 0) + 1;
    seqs.set(channel_id, seq);
    io.to(`channel:${channel_id}`).emit('message', messageFrame(channel_id, seq, text));
  });
});

server.listen(Number(process.env.PORT), '127.0.0.1');
