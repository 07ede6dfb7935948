-- Replaces the content of messages, and what a change of it sets. The caller has locked them. This file alone lists the
-- columns of the content: what reads or changes it takes them from the table.
CREATE OR REPLACE FUNCTION write_messages(messages chats[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE chats c SET text = m.text, url = m.url, "fileName" = m."fileName",
    "deletedAt" = m."deletedAt", "updatedAt" = m."updatedAt", "updatedSeq" = m."updatedSeq"
  FROM unnest(messages) m WHERE c.id = m.id;
END
$$;--> statement-breakpoint
-- Edits a message (`new_content` has what changes of its content) or deletes it (null), and returns its new state.
-- Returns no row if it is gone, or if `actor` has no part in its conversation. A null actor may change any message.
-- `erase`: a deletion also removes the content from the row.
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_content jsonb, erase boolean)
RETURNS TABLE (state jsonb, "senderName" text, "senderAvatar" text, "accessVersion" integer) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  log integer := (SELECT m."conversationId" FROM chats m WHERE m.id = message_id);
  stamp timestamp;
  message chats;
BEGIN
  PERFORM 1 FROM conversations c WHERE c.id = log FOR NO KEY UPDATE;
  SELECT m.* INTO message FROM chats m WHERE m.id = message_id AND m."deletedAt" IS NULL AND (
    actor IS NULL
    OR actor IN (m."senderId", m."receiverId") AND m."channelId" IS NULL
    OR EXISTS (
      SELECT 1 FROM channel_members cm JOIN channels ch ON ch.id = cm."channelId" AND ch."deletedAt" IS NULL
      WHERE cm."channelId" = m."channelId" AND cm."userId" = actor
    )
  ) FOR NO KEY UPDATE OF m;
  IF NOT FOUND THEN RETURN; END IF;

  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');
  UPDATE conversations c SET "lastSeq" = c."lastSeq" + 1, "lastEventAt" = stamp WHERE c.id = log
  RETURNING c."lastSeq" INTO message."updatedSeq";
  message."updatedAt" := stamp;
  IF new_content IS NOT NULL THEN message := jsonb_populate_record(message, new_content);
  ELSIF erase THEN message := without_content(message, stamp);
  ELSE message."deletedAt" := stamp;
  END IF;
  PERFORM write_messages(ARRAY[message]);

  RETURN QUERY
  SELECT message_state(message), s.username::text, s.avatar::text, c."membersVersion" FROM users s, conversations c
  WHERE s.id = message."senderId" AND c.id = log;
END
$$;--> statement-breakpoint
-- Erases the content of at most `step` messages of one deleted channel that waits for it. These messages then count as
-- deleted. Nodes that do so at the same time take different channels. Returns false if none waits.
CREATE OR REPLACE FUNCTION erase_deleted_channels(step integer) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  channel integer;
  log integer;
  done integer;
  gone timestamp;
  erased chats[];
BEGIN
  SELECT e."channelId", e."erasedSeq" INTO channel, done FROM channel_erasures e
  ORDER BY e."channelId" LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT ch."deletedAt", c.id INTO gone, log FROM channels ch JOIN conversations c ON c."channelId" = ch.id
  WHERE ch.id = channel;

  -- Nothing of a channel that is there again.
  erased := ARRAY(
    SELECT without_content(m, coalesce(m."deletedAt", gone)) FROM chats m
    WHERE gone IS NOT NULL AND m."conversationId" = log AND m.seq > done ORDER BY m.seq LIMIT step FOR NO KEY UPDATE
  );
  PERFORM write_messages(erased);
  done := (SELECT max(e.seq) FROM unnest(erased) e);
  IF done IS NULL THEN DELETE FROM channel_erasures e WHERE e."channelId" = channel;
  ELSE UPDATE channel_erasures e SET "erasedSeq" = done WHERE e."channelId" = channel;
  END IF;
  RETURN true;
END
$$;--> statement-breakpoint
-- The same row as `write_messages` takes it, deleted at `gone` and without its content.
CREATE OR REPLACE FUNCTION without_content(message chats, gone timestamp) RETURNS chats LANGUAGE plpgsql STABLE AS $$
BEGIN
  message."deletedAt" := gone;
  RETURN jsonb_populate_record(NULL::chats, message_state(message) || jsonb_build_object('deletedAt', gone));
END
$$;
