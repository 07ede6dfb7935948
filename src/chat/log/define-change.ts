// A change: something that can happen to a message, as the next numbered event of its log. Readers get it in one of
// two forms. Pages and catch-ups bring the state form, which is the message after the change. Live readers get the live
// form, which is a frame that says what changed.
import type { ServerFrameType } from '../../protocol/server-frames.ts';

export interface ChangeDefinition {
  /** Its name between nodes, in lower-case letters. A node that does not know it reads the log instead. */
  readonly type: string;
  /** The name that released versions know it by. Published in place of the type as long as such nodes may run. */
  readonly formerly?: string;
  /** The change deletes the message; its state form says that it is gone. */
  readonly isDeletion?: boolean;
  /** The frame of its live form. Without one, live readers get the state form. */
  readonly live?: ServerFrameType;
}

export interface Change {
  readonly type: string;
  /** The name under which it is published. */
  readonly published: string;
  readonly isDeletion: boolean;
  readonly live: ServerFrameType | undefined;
}

/** List the result in changes.ts. The change must raise the message's `updatedSeq`, or no catch-up finds it. */
export function defineChange({ type, formerly, isDeletion = false, live }: ChangeDefinition): Change {
  if (!/^[a-z]+$/.test(type)) throw new Error(`A change cannot be called ${type}`);
  return { type, published: formerly ?? type, isDeletion, live };
}
