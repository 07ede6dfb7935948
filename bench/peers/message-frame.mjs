// The frame of a message as the service would send it, with invented content. The bare servers broadcast it.
let id = 0;

/** `seq` is the message's number in its channel. */
export function messageFrame(channel_id, seq, text) {
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
  return { id: `c${channel_id}-${seq}`, type: 'channel.message', data, timestamp: time.getTime(), user_id: 1, seq };
}
