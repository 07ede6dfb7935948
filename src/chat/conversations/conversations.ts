// The conversations of a user, and what the user sets of them.
import type { Database } from '../../database/database.ts';
import type { ConversationBody, ConversationName, Entry } from '../../protocol/conversations.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { Totals } from '../../protocol/markers.ts';
import type { Principal } from '../accounts/principal.ts';
import { totalsOf } from '../counts/totals.ts';
import type { EmailView } from '../email-view.ts';
import type { AccountsMoved } from '../signal-publisher.ts';
import { createEntries } from './entries.ts';
import { changeOwnPart } from './own-part.ts';
import { createSync, type Sync } from './sync.ts';

/** What is about one conversation throws CHANNEL_NOT_FOUND or USER_NOT_FOUND if the principal has no part in it. */
export interface Conversations {
  /** Every channel of the principal and every pair with direct messages, the latest event first. */
  list(principal: Principal): Promise<Entry[]>;
  sync: Sync;
  totals(user: { readonly id: number }): Promise<Totals>;
  get(principal: Principal, name: ConversationName): Promise<Entry>;
  /** Changes what is the principal's alone, and returns the entry as it is then. Throws VALIDATION_FAILED. */
  update(principal: Principal, name: ConversationName, changes: ConversationBody): Promise<Entry>;
}

export interface ConversationsDependencies {
  readonly db: Database;
  readonly emails: EmailView;
  readonly accountsMoved: AccountsMoved;
}

export function createConversations({ db, emails, accountsMoved }: ConversationsDependencies): Conversations {
  const entries = createEntries({ db, emails });

  const get: Conversations['get'] = async (principal, name) => {
    const entry = await entries.one(principal.id, name);
    if (!entry) throw new ChatError(name.channelId === null ? 'USER_NOT_FOUND' : 'CHANNEL_NOT_FOUND');
    return entry;
  };

  return {
    list: (principal) => entries.list(principal.id),
    get,
    sync: createSync({ db, entries }),
    totals: ({ id }) => totalsOf(db, id),
    async update(principal, name, changes) {
      if (await changeOwnPart(db, principal.id, name, changes)) accountsMoved([principal.id]);
      return get(principal, name);
    },
  };
}
