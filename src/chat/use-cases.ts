// All use cases: the list of them. REST calls and client frames get the whole list, and each takes what it needs.
import type { Clock } from '../backends/clock/clock.ts';
import type { Database } from '../database/database.ts';
import { createAccounts } from './accounts/accounts.ts';
import type { FailureLimit } from './accounts/failure-limit.ts';
import type { Passwords } from './accounts/passwords.ts';
import type { Sessions } from './accounts/sessions.ts';
import type { Digest, Tokens } from './accounts/tokens.ts';
import type { Announce } from './announce.ts';
import { createChannels } from './channels/channels.ts';
import type { ChannelErasure } from './channels/erasure.ts';
import { createConversations } from './conversations/conversations.ts';
import { createMarks } from './counts/marks.ts';
import type { EmailView } from './email-view.ts';
import type { Append, ChangeMessage, EventSink } from './log/log.ts';
import { createMembers } from './members/members.ts';
import { createMessages } from './messages/messages.ts';
import { createPins } from './pins/pins.ts';
import { createReactions } from './reactions/reactions.ts';
import type { AccountsMoved, SignalPublisher } from './signal-publisher.ts';

/** What use cases may use. Each takes what it needs. */
export interface UseCaseDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly append: Append;
  readonly change: ChangeMessage;
  /** Gets the events of changes that `append` and `change` do not make. */
  readonly sink: EventSink;
  readonly announce: Announce;
  readonly signals: SignalPublisher;
  /** Tells all nodes that the account logs of these users have new numbers. Call it after the commit. */
  readonly accountsMoved: AccountsMoved;
  readonly tokens: Pick<Tokens, 'issue'>;
  readonly sessions: Pick<Sessions, 'end' | 'endOthers' | 'propagate'>;
  readonly passwords: Passwords;
  readonly failures: FailureLimit;
  readonly digest: Digest;
  readonly emails: EmailView;
  readonly erasure: ChannelErasure;
  /** Email addresses that nobody can register. */
  readonly reservedEmails: readonly string[];
  /** The longest text, in UTF-16 units. */
  readonly maxTextLength: number;
  /** Whether the deletion of a message also erases its content in the database. */
  readonly eraseDeleted: boolean;
}

export type UseCases = ReturnType<typeof createUseCases>;

/** A line for each. */
export function createUseCases(deps: UseCaseDependencies) {
  return {
    accounts: createAccounts(deps),
    sessions: deps.sessions,
    channels: createChannels(deps),
    members: createMembers(deps),
    messages: createMessages(deps),
    reactions: createReactions(deps),
    pins: createPins(deps),
    conversations: createConversations(deps),
    marks: createMarks(deps),
  };
}
