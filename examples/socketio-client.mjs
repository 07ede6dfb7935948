// The same over Socket.IO.  node socketio-client.mjs TOKEN CHANNEL
import { io } from 'socket.io-client';

const [token, channel_id] = process.argv.slice(2);
const socket = io(process.env.CHAT_URL ?? 'http://localhost:3000', { auth: { token } });
socket.on('authenticated', () => socket.emit('join_channel', { channel_id, since: 0 }));
socket.on('message', ({ type, data }) =>
  console.log(type, data.sender_name ?? data.username ?? '', data.text ?? data.message ?? ''),
);
socket.on('error', ({ message }) => console.error(message));
process.stdin.on('data', (line) => {
  socket.emit('message', { type: 'channel.message', data: { channel_id, text: `${line}`.trim() } });
});
