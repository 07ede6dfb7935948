// The JSON text of server frames, put together without encoding their data twice.
import type { ServerFrameType } from '../../protocol/server-frames.ts';

/**
 * The JSON text of a server frame. `data` is JSON text already; `id` and `type` must need no escaping.
 * `userId` and `seq` are left out where undefined.
 */
export function frameText(
  id: string,
  type: ServerFrameType,
  data: string,
  timestamp: number,
  userId?: number,
  seq?: number,
): string {
  const user = userId === undefined ? '' : `,"user_id":${userId}`;
  const number = seq === undefined ? '' : `,"seq":${seq}`;
  return `{"id":"${id}","type":"${type}","data":${data},"timestamp":${timestamp}${user}${number}}`;
}
