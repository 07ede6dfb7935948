-- Tables, rules and indexes. Everything is made only where it is missing: in an empty database that is all, in one that
-- the former service filled it is the log alone. Its rows, columns, indexes and other names of constraints stay.

DO $$ BEGIN
  CREATE TYPE channels_type_enum AS ENUM ('direct', 'group');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;--> statement-breakpoint

CREATE TABLE IF NOT EXISTS users (
  id serial PRIMARY KEY,
  username varchar(50) NOT NULL,
  email varchar(255) NOT NULL,
  password varchar(255) NOT NULL,
  avatar varchar(500),
  "createdAt" timestamp NOT NULL,
  "updatedAt" timestamp NOT NULL,
  "deletedAt" timestamp
);--> statement-breakpoint
CREATE TABLE IF NOT EXISTS channels (
  id serial PRIMARY KEY,
  name varchar(255) NOT NULL,
  "ownerId" integer NOT NULL,
  type channels_type_enum NOT NULL DEFAULT 'group',
  "createdAt" timestamp NOT NULL,
  "updatedAt" timestamp NOT NULL,
  "deletedAt" timestamp
);--> statement-breakpoint
CREATE TABLE IF NOT EXISTS channel_members (
  id serial PRIMARY KEY,
  "userId" integer NOT NULL,
  "channelId" integer NOT NULL,
  "joinedAt" timestamp NOT NULL
);--> statement-breakpoint
CREATE TABLE IF NOT EXISTS chats (
  id serial PRIMARY KEY,
  "senderId" integer NOT NULL,
  "receiverId" integer,
  "channelId" integer,
  text text,
  url varchar(500),
  "fileName" varchar(255),
  "createdAt" timestamp NOT NULL,
  "updatedAt" timestamp NOT NULL,
  "deletedAt" timestamp
);--> statement-breakpoint
-- Half of each page stays free, so that an append updates its row in place.
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
) WITH (fillfactor = 50);--> statement-breakpoint

-- Without values for old rows and nullable, so that the former service can go on writing.
ALTER TABLE chats
  ADD COLUMN IF NOT EXISTS "conversationId" integer,
  ADD COLUMN IF NOT EXISTS seq integer,
  ADD COLUMN IF NOT EXISTS "updatedSeq" integer,
  ADD COLUMN IF NOT EXISTS "clientId" varchar(64);--> statement-breakpoint

-- Times in UTC whatever the zone of the session.
ALTER TABLE users
  ALTER COLUMN "createdAt" SET DEFAULT (now() AT TIME ZONE 'utc'),
  ALTER COLUMN "updatedAt" SET DEFAULT (now() AT TIME ZONE 'utc');--> statement-breakpoint
ALTER TABLE channels
  ALTER COLUMN "createdAt" SET DEFAULT (now() AT TIME ZONE 'utc'),
  ALTER COLUMN "updatedAt" SET DEFAULT (now() AT TIME ZONE 'utc');--> statement-breakpoint
ALTER TABLE channel_members ALTER COLUMN "joinedAt" SET DEFAULT (now() AT TIME ZONE 'utc');--> statement-breakpoint
ALTER TABLE chats
  ALTER COLUMN "createdAt" SET DEFAULT (now() AT TIME ZONE 'utc'),
  ALTER COLUMN "updatedAt" SET DEFAULT (now() AT TIME ZONE 'utc');--> statement-breakpoint

-- Room for everything that a request may bring, also where the columns were made narrower. Rewrites no row.
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
END $$;--> statement-breakpoint

-- Uniqueness, where no unique index on the same columns (in this order, which look-ups by the first need) says so already.
DO $$
DECLARE it record;
BEGIN
  FOR it IN
    SELECT * FROM (VALUES
      ('users', 'UQ_users_username', ARRAY['username']),
      ('users', 'UQ_users_email', ARRAY['email']),
      ('channel_members', 'UQ_channel_members_user_channel', ARRAY['userId', 'channelId']),
      ('conversations', 'UQ_conversations_channel', ARRAY['channelId']),
      ('conversations', 'UQ_conversations_pair', ARRAY['userLow', 'userHigh'])
    ) AS wanted (tbl, name, cols)
    WHERE NOT EXISTS (
      SELECT FROM pg_index i
      WHERE i.indrelid = tbl::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
        AND cols = (
          SELECT array_agg(a.attname::text ORDER BY k.ord)
          FROM unnest(i.indkey) WITH ORDINALITY AS k (num, ord)
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
          WHERE k.ord <= i.indnkeyatts
        )
    )
  LOOP
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I UNIQUE (%s)', it.tbl, it.name,
      (SELECT string_agg(quote_ident(col), ', ' ORDER BY ord) FROM unnest(it.cols) WITH ORDINALITY AS c (col, ord)));
  END LOOP;
END $$;--> statement-breakpoint

-- References, where the column has none to that table yet.
DO $$
DECLARE it record;
BEGIN
  FOR it IN
    SELECT * FROM (VALUES
      ('channels', 'ownerId', 'users'),
      ('channel_members', 'userId', 'users'),
      ('channel_members', 'channelId', 'channels'),
      ('chats', 'senderId', 'users'),
      ('chats', 'receiverId', 'users'),
      ('chats', 'channelId', 'channels'),
      ('conversations', 'channelId', 'channels'),
      ('conversations', 'userLow', 'users'),
      ('conversations', 'userHigh', 'users')
    ) AS wanted (tbl, col, target)
    WHERE NOT EXISTS (
      SELECT FROM pg_constraint f
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attname = col
      WHERE f.contype = 'f' AND f.conrelid = tbl::regclass AND f.confrelid = target::regclass
        AND f.conkey = ARRAY[a.attnum]
    )
  LOOP
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES %I (id) ON DELETE CASCADE',
      it.tbl, it.tbl || '_' || it.col || '_' || it.target || '_id_fk', it.col, it.target);
  END LOOP;
END $$;--> statement-breakpoint

-- A log for each channel and for each two users who wrote to each other, and numbers for messages that have none, in the
-- order of their ids, deleted ones too. Where the triggers of the next migration are at work all of that is done.
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'chats'::regclass AND tgname = 'number_foreign_insert') THEN
    RETURN;
  END IF;

  INSERT INTO conversations ("channelId") SELECT id FROM channels ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO conversations ("userLow", "userHigh")
  SELECT DISTINCT least("senderId", "receiverId") AS low, greatest("senderId", "receiverId") AS high
  FROM chats WHERE "receiverId" IS NOT NULL AND "channelId" IS NULL
  ORDER BY low, high
  ON CONFLICT DO NOTHING;

  UPDATE chats SET "conversationId" = numbered.log, seq = numbered.number, "updatedSeq" = numbered.number
  FROM (
    SELECT m.id, log.id AS log, log."lastSeq" + row_number() OVER (PARTITION BY log.id ORDER BY m.id) AS number
    FROM chats m
    LEFT JOIN conversations of_channel ON of_channel."channelId" = m."channelId"
    LEFT JOIN conversations of_pair ON m."channelId" IS NULL
      AND of_pair."userLow" = least(m."senderId", m."receiverId")
      AND of_pair."userHigh" = greatest(m."senderId", m."receiverId")
      AND m."receiverId" IS NOT NULL
    JOIN conversations log ON log.id = coalesce(of_channel.id, of_pair.id)
    WHERE m.seq IS NULL
  ) AS numbered
  WHERE chats.id = numbered.id;
  UPDATE conversations SET "lastSeq" = events.last, "lastEventAt" = events.at
  FROM (
    SELECT "conversationId" AS log, max("updatedSeq") AS last, max(greatest("createdAt", "updatedAt", "deletedAt")) AS at
    FROM chats WHERE "conversationId" IS NOT NULL GROUP BY 1
  ) AS events
  WHERE conversations.id = events.log AND conversations."lastSeq" < events.last;
END $$;--> statement-breakpoint

CREATE INDEX IF NOT EXISTS "IDX_users_email_lower" ON users (lower(email));--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_channel_members_channel_id" ON channel_members ("channelId");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_conversations_user_high" ON conversations ("userHigh");--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "UQ_chats_conversation_seq" ON chats ("conversationId", seq);--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "UQ_chats_conversation_updated_seq" ON chats ("conversationId", "updatedSeq");--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "UQ_chats_sender_client" ON chats ("senderId", "clientId") WHERE "clientId" IS NOT NULL;
