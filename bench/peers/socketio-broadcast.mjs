// A bare Socket.IO server: `io.to(room).emit`, no database, no checks.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const seqs = new Map();
let id = 0;

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
    id += 1;
    const time = new Date();
    const data = {
      id,
      seq,
      updated_seq: seq,
      channel_id,
      sender_id: 1,
      sender_name: 'somebody',
      sender_avatar: null,
      text,
      url: null,
      file_name: null,
      message_type: 'text',
      client_id: null,
      created_at: time.toISOString(),
      updated_at: time.toISOString(),
    };
    const frame = { id: `c${channel_id}-${seq}`, type: 'channel.message', data, timestamp: time.getTime() };
    io.to(`channel:${channel_id}`).emit('message', { ...frame, user_id: 1, seq });
  });
});

server.listen(Number(process.env.PORT), '127.0.0.1');
