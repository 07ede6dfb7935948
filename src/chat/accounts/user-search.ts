// Finds users by a part of their name, in any case.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { createFoldedNames } from '../../database/folded-names.ts';
import { foldPart } from '../../lib/fold.ts';
import type { User } from '../../protocol/resources.ts';
import type { EmailView } from '../email-view.ts';
import { type UserRow, userColumns } from '../rows.ts';
import type { Actor } from './principal.ts';

const MAX_FOUND = 10;

/** Users with this text in their name: that exact name first, then names that begin with it. The order is stable. */
export type UserSearch = (actor: Actor, text: string) => Promise<User[]>;

export interface UserSearchDependencies {
  readonly db: Database;
  readonly emails: EmailView;
}

export function createUserSearch({ db, emails }: UserSearchDependencies): UserSearch {
  const names = createFoldedNames(db);
  return async (actor, text) => {
    const part = foldPart(text);
    // The text has nothing that can be seen in a name.
    if (part === '') return [];
    await names.settle();
    const pattern = part.replace(/[\\%_]/g, '\\$&');
    const found = await rows<UserRow>(
      db,
      sql`select ${userColumns} from users u
        where u."foldedUsername" like ${`%${pattern}%`}::text and u."deletedAt" is null
        order by u."username" = ${text}::text desc, u."foldedUsername" = ${part}::text desc,
          u."foldedUsername" like ${`${pattern}%`}::text desc, u."foldedUsername", u."id"
        limit ${MAX_FOUND}::int`,
    );
    return found.map((row) => emails.toVisibleUser(row, actor.id));
  };
}
