// Settings of an account. Only what differs from the defaults is stored.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../protocol/conversations.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { AccountsMoved } from '../signal-publisher.ts';
import type { Principal } from './principal.ts';

/** Writes these settings, and returns all of them. A change is an event of the account log, by a trigger. */
export type ChangeSettings = (principal: Principal, changes: Partial<Settings>) => Promise<Settings>;

export function createChangeSettings(deps: {
  readonly db: Database;
  readonly accountsMoved: AccountsMoved;
}): ChangeSettings {
  return async ({ id }, changes) => {
    const isDefault = (name: string) => changes[name as keyof Settings] === DEFAULT_SETTINGS[name as keyof Settings];
    const names = Object.keys(changes).filter((name) => changes[name as keyof Settings] !== undefined);
    const stored = Object.fromEntries(
      names.filter((name) => !isDefault(name)).map((name) => [name, changes[name as keyof Settings]]),
    );
    const [user] = await rows<{ settings: Partial<Settings> }>(
      deps.db,
      sql`update users set "settings" = ("settings" || ${JSON.stringify(stored)}::text::jsonb)
          - ${sql.param(names.filter(isDefault))}::text[]
        where "id" = ${id}::int and "deletedAt" is null returning "settings"`,
    );
    if (!user) throw new ChatError('UNAUTHORIZED');
    deps.accountsMoved([id]);
    return allSettings(user.settings);
  };
}

/** With the defaults of what is not stored. */
export function allSettings(stored: Partial<Settings>): Settings {
  return { ...DEFAULT_SETTINGS, ...stored };
}
