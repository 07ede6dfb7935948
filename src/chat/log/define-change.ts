// What can happen to a message: a change, the next numbered event of its log. It reaches readers in one of two forms. The
// state form is the message as it is then, which pages and catch-ups bring; the live form is a frame that says how it came
// about, for those who are there.
import type { ServerFrameType } from '../../protocol/server-frames.ts';

export interface ChangeDefinition {
  /** Its name between nodes; lower-case letters. A node that does not know it reads the log instead. */
  readonly type: string;
  /** What nodes of released versions call it. Written in place of the type as long as some of them may run. */
  readonly formerly?: string;
  /** The message is gone by it, and that is its state. */
  readonly isDeletion?: boolean;
  /** The frame that is its live form. Left out if the state says it all: then live readers get that. */
  readonly live?: ServerFrameType;
}

export interface Change {
  readonly type: string;
  /** The name under which it is published. */
  readonly published: string;
  readonly isDeletion: boolean;
  readonly live: ServerFrameType | undefined;
}

/** To be listed in changes.ts. What it stores has to raise the message's `updatedSeq`, or no catch-up finds it. */
export function defineChange({ type, formerly, isDeletion = false, live }: ChangeDefinition): Change {
  if (!/^[a-z]+$/.test(type)) throw new Error(`A change cannot be called ${type}`);
  return { type, published: formerly ?? type, isDeletion, live };
}
