// A raw WebSocket client: prints what happens in one channel and sends what you type.  node raw-client.mjs TOKEN CHANNEL
import WebSocket from 'ws';

const [token, channel_id] = process.argv.slice(2);
const address = (process.env.CHAT_URL ?? 'http://localhost:3000').replace('http', 'ws');
const socket = new WebSocket(`${address}/api/v1/ws`, ['chat.v1', `bearer.${token}`]);
const send = (type, data) => socket.send(JSON.stringify({ type, data }));
socket.on('open', () => send('channel.join', { channel_id, since: 0 }));
socket.on('message', (frame) => {
  const { type, data } = JSON.parse(frame);
  console.log(type, data.sender_name ?? data.username ?? '', data.text ?? data.message ?? '');
});
socket.on('close', (code) => process.exit(console.log('closed with', code)));
process.stdin.on('data', (line) => send('channel.message', { channel_id, text: `${line}`.trim() }));
