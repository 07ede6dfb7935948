// Statements of the first two migrations, word for word (a test compares), that a takeover runs before them. The
// migrations run them again and find nothing to do.
import { sql } from 'drizzle-orm';

/** Nullable columns without default, which the former service need not know. */
export const ADD_LOG_COLUMNS = sql.raw(`
ALTER TABLE chats
  ADD COLUMN IF NOT EXISTS "conversationId" integer,
  ADD COLUMN IF NOT EXISTS seq integer,
  ADD COLUMN IF NOT EXISTS "updatedSeq" integer,
  ADD COLUMN IF NOT EXISTS "clientId" varchar(64);`);

export const CREATE_CONVERSATIONS = sql.raw(`
CREATE TABLE IF NOT EXISTS conversations (
  id serial PRIMARY KEY,
  "channelId" integer,
  "userLow" integer,
  "userHigh" integer,
  "lastSeq" integer NOT NULL DEFAULT 0,
  "lastEventAt" timestamp,
  "membersVersion" integer NOT NULL DEFAULT 0,
  CONSTRAINT "CHK_conversations_channel_or_pair" CHECK (
    ("channelId" IS NULL) = ("userLow" IS NOT NULL) AND ("userLow" IS NULL) = ("userHigh" IS NULL) AND "userLow" <= "userHigh"
  )
) WITH (fillfactor = 50);`);

/** Makes room for everything that a request may bring. Rewrites no row. */
export const MAKE_ROOM = sql.raw(`
DO $$
DECLARE it record;
BEGIN
  FOR it IN
    SELECT wanted.* FROM (VALUES
      ('users', 'username', 50), ('users', 'email', 255), ('users', 'password', 255), ('users', 'avatar', 500),
      ('channels', 'name', 255), ('chats', 'url', 500), ('chats', 'fileName', 255)
    ) AS wanted (tbl, col, len)
    JOIN information_schema.columns c
      ON c.table_schema = current_schema() AND c.table_name = tbl AND c.column_name = col
    WHERE c.character_maximum_length < len
  LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE varchar(%s)', it.tbl, it.col, it.len);
  END LOOP;
END $$;`);

/** Numbers the messages that the former service writes from then on. */
export const NUMBER_FOREIGN_ROWS = [
  sql.raw(`
CREATE TRIGGER number_foreign_insert BEFORE INSERT ON chats FOR EACH ROW
  WHEN (NEW.seq IS NULL) EXECUTE FUNCTION number_foreign_insert();`),
  sql.raw(`
CREATE TRIGGER number_foreign_update BEFORE UPDATE ON chats FOR EACH ROW
  WHEN (NEW."updatedSeq" = OLD."updatedSeq" AND (
    (NEW.text, NEW.url, NEW."fileName", NEW."deletedAt") IS DISTINCT FROM (OLD.text, OLD.url, OLD."fileName", OLD."deletedAt")
  )) EXECUTE FUNCTION number_foreign_update();`),
];
