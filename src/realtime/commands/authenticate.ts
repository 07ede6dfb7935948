// Signs a connection in with its first token. A later token of the same user prolongs it.
import type { Identity } from '../../chat/accounts/authenticate.ts';
import * as frames from '../../protocol/connection.ts';
import { ChatError, type ErrorCode } from '../../protocol/errors.ts';
import type { AnswerOf } from '../../protocol/frame.ts';
import type { Place } from '../connections/connection-limits.ts';
import type { HubSession } from '../connections/session.ts';
import { type Command, type CommandContext, type CommandDependencies, defineCommand } from './command.ts';

type ConnectData = AnswerOf<typeof frames.authenticate>;

/** The data of `connection.connect`. */
export function connectData(session: HubSession): ConnectData {
  return {
    user_id: session.user.id,
    username: session.user.username,
    client_id: session.id,
    status: 'connected',
    message: 'Connected to the chat service',
  };
}

export function authenticate(deps: CommandDependencies): Command {
  async function signIn(context: CommandContext<ConnectData>, token: string): Promise<void> {
    const { session } = context;
    const former = session.identity;
    const { identity, place } = await admit(session, token).catch((error: unknown) => {
      if (!former && error instanceof ChatError && isBad(error.code)) deps.refuse(session);
      throw error;
    });
    // The peer may be gone by now: then nothing would undo what is set up for it.
    if (context.isOver) return place?.release();
    if (former && former.user.id !== identity.user.id) {
      throw new ChatError('FORBIDDEN', 'This connection belongs to another user');
    }
    if (former) session.identify(identity);
    else {
      session.admission?.release();
      session.admission = place;
      await deps.signIn(session, identity);
    }
    context.ack(connectData(session));
  }

  /** The identity of the token, and for the first token of a connection a place in the user's limit. */
  async function admit(session: HubSession, token: string): Promise<{ identity: Identity; place: Place | undefined }> {
    const { identity: former } = session;
    const identity = await deps.authenticate(token, () => session.transport.address);
    return { identity, place: former ? undefined : await deps.takePlace(identity.user.id) };
  }

  return defineCommand({
    frame: frames.authenticate,
    async run(context, { token }) {
      await context.session.hold(signIn(context, token));
      return undefined;
    },
  });
}

/** Whether the error means that the token names no user. */
function isBad(code: ErrorCode): boolean {
  return code === 'UNAUTHORIZED' || code === 'RATE_LIMITED';
}
