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
-- For nodes of versions before.
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text, erase boolean)
RETURNS TABLE (
  id integer, seq integer, "updatedSeq" integer, "senderId" integer, "senderName" text, "senderAvatar" text,
  text text, url text, "fileName" text, "clientId" text, "channelId" integer, "receiverId" integer,
  "createdAt" timestamp, "updatedAt" timestamp, deleted boolean, "membersVersion" integer
) LANGUAGE sql AS $$
  SELECT m.id, m.seq, m."updatedSeq", m."senderId", c."senderName", c."senderAvatar", m.text, m.url::text,
    m."fileName"::text, m."clientId"::text, m."channelId", m."receiverId", m."createdAt", m."updatedAt",
    (c.state->>'deleted')::boolean, c."accessVersion"
  FROM change_message(message_id, actor, CASE WHEN new_text IS NOT NULL THEN jsonb_build_object('text', new_text) END, erase) c,
    LATERAL jsonb_populate_record(NULL::chats, c.state) m
$$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text)
RETURNS TABLE (
  id integer, seq integer, "updatedSeq" integer, "senderId" integer, "senderName" text, "senderAvatar" text,
  text text, url text, "fileName" text, "clientId" text, "channelId" integer, "receiverId" integer,
  "createdAt" timestamp, "updatedAt" timestamp, deleted boolean, "membersVersion" integer
) LANGUAGE sql AS $$ SELECT * FROM change_message(message_id, actor, new_text, false) $$;
