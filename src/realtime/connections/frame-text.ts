// The JSON text of server frames, built without encoding their data twice.
import type { ServerFrameType } from '../../protocol/server-frames.ts';

/**
 * The JSON text of a server frame. `data` is JSON text already. `id` and `type` must not need escaping.
 * `userId` and `seq` are left out if undefined.
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
