-- Edits (`new_text` not null) or deletes a message and gives it as it is then; no row where it is gone or where `actor`
-- is no party to its conversation. A null actor is nobody's party and may all the same. `erase`: what a deletion deletes goes
-- from the row too.
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text, erase boolean)
RETURNS TABLE (
  id integer, seq integer, "updatedSeq" integer, "senderId" integer, "senderName" text, "senderAvatar" text,
  text text, url text, "fileName" text, "clientId" text, "channelId" integer, "receiverId" integer,
  "createdAt" timestamp, "updatedAt" timestamp, deleted boolean, "membersVersion" integer
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  log integer := (SELECT m."conversationId" FROM chats m WHERE m.id = message_id);
  stamp timestamp;
  number integer;
BEGIN
  PERFORM 1 FROM conversations c WHERE c.id = log FOR NO KEY UPDATE;
  PERFORM 1 FROM chats m WHERE m.id = message_id AND m."deletedAt" IS NULL AND (
    actor IS NULL
    OR actor IN (m."senderId", m."receiverId") AND m."channelId" IS NULL
    OR EXISTS (
      SELECT 1 FROM channel_members cm JOIN channels ch ON ch.id = cm."channelId" AND ch."deletedAt" IS NULL
      WHERE cm."channelId" = m."channelId" AND cm."userId" = actor
    )
  );
  IF NOT FOUND THEN RETURN; END IF;

  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');
  UPDATE conversations c SET "lastSeq" = c."lastSeq" + 1, "lastEventAt" = stamp WHERE c.id = log
  RETURNING c."lastSeq" INTO number;

  RETURN QUERY
  UPDATE chats m SET
    text = CASE WHEN new_text IS NULL AND erase THEN NULL ELSE coalesce(new_text, m.text) END,
    url = CASE WHEN new_text IS NULL AND erase THEN NULL ELSE m.url END,
    "fileName" = CASE WHEN new_text IS NULL AND erase THEN NULL ELSE m."fileName" END,
    "deletedAt" = CASE WHEN new_text IS NULL THEN stamp END,
    "updatedAt" = stamp,
    "updatedSeq" = number
  FROM users s, conversations c
  WHERE m.id = message_id AND s.id = m."senderId" AND c.id = log
  RETURNING m.id, m.seq, m."updatedSeq", m."senderId", s.username::text, s.avatar::text,
    CASE WHEN new_text IS NOT NULL THEN m.text END,
    CASE WHEN new_text IS NOT NULL THEN m.url::text END,
    CASE WHEN new_text IS NOT NULL THEN m."fileName"::text END,
    m."clientId"::text, m."channelId", m."receiverId", m."createdAt", m."updatedAt", new_text IS NULL,
    c."membersVersion";
END
$$;--> statement-breakpoint
-- As nodes of the version before call it.
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text)
RETURNS TABLE (
  id integer, seq integer, "updatedSeq" integer, "senderId" integer, "senderName" text, "senderAvatar" text,
  text text, url text, "fileName" text, "clientId" text, "channelId" integer, "receiverId" integer,
  "createdAt" timestamp, "updatedAt" timestamp, deleted boolean, "membersVersion" integer
) LANGUAGE sql AS $$ SELECT * FROM change_message(message_id, actor, new_text, false) $$;--> statement-breakpoint
-- Erases the content of at most `step` messages of one deleted channel that waits for it, whose messages then count as deleted.
-- Nodes that do so at the same time take different channels. False where none waits.
CREATE OR REPLACE FUNCTION erase_deleted_channels(step integer) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  channel integer;
  log integer;
  done integer;
  gone timestamp;
BEGIN
  SELECT e."channelId", e."erasedSeq" INTO channel, done FROM channel_erasures e
  ORDER BY e."channelId" LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT ch."deletedAt", c.id INTO gone, log FROM channels ch JOIN conversations c ON c."channelId" = ch.id
  WHERE ch.id = channel;

  -- Nothing of a channel that is there again.
  WITH part AS (
    SELECT m.id, m.seq FROM chats m
    WHERE gone IS NOT NULL AND m."conversationId" = log AND m.seq > done ORDER BY m.seq LIMIT step
  ), erased AS (
    UPDATE chats m SET text = NULL, url = NULL, "fileName" = NULL, "deletedAt" = coalesce(m."deletedAt", gone)
    FROM part WHERE m.id = part.id
  )
  SELECT max(part.seq) INTO done FROM part;
  IF done IS NULL THEN DELETE FROM channel_erasures e WHERE e."channelId" = channel;
  ELSE UPDATE channel_erasures e SET "erasedSeq" = done WHERE e."channelId" = channel;
  END IF;
  RETURN true;
END
$$;--> statement-breakpoint
-- What the former service edits or deletes takes its number here. The trigger's condition keeps it from firing for what has one.
CREATE OR REPLACE FUNCTION number_foreign_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What nobody sees any more is no event: a message that is deleted already, or whose channel is, when its content goes.
  IF NEW."deletedAt" IS NOT NULL AND (OLD."deletedAt" IS NOT NULL OR EXISTS (
    SELECT 1 FROM channels c WHERE c.id = NEW."channelId" AND c."deletedAt" IS NOT NULL
  )) THEN RETURN NEW; END IF;
  NEW."updatedSeq" := take_number(NEW."conversationId");
  RETURN NEW;
END
$$;
