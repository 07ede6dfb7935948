// A connection becomes its user's, by its first token; a later one of the same user prolongs it.
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
    // The peer may have gone meanwhile: nobody would take back what is set up for it now.
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

  /** Whom the token names, and for the first one of a connection a place among the connections of that user. */
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

/** What a token is answered with that says nobody. */
function isBad(code: ErrorCode): boolean {
  return code === 'UNAUTHORIZED' || code === 'RATE_LIMITED';
}
