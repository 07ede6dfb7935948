CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_content jsonb, erase boolean)
 RETURNS TABLE(state jsonb, "senderName" text, "senderAvatar" text, "accessVersion" integer)
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
    text = CASE WHEN new_content IS NULL AND erase THEN NULL ELSE coalesce(new_content->>'text', m.text) END,
    url = CASE WHEN new_content IS NULL AND erase THEN NULL ELSE m.url END,
    "fileName" = CASE WHEN new_content IS NULL AND erase THEN NULL ELSE m."fileName" END,
    "deletedAt" = CASE WHEN new_content IS NULL THEN stamp END,
    "updatedAt" = stamp,
    "updatedSeq" = number
  FROM users s, conversations c
  WHERE m.id = message_id AND s.id = m."senderId" AND c.id = log
  RETURNING message_state(m), s.username::text, s.avatar::text, c."membersVersion";
END
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION erase_deleted_channels(step integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS without_content(chats,timestamp without time zone);--> statement-breakpoint
DROP FUNCTION IF EXISTS write_messages(chats[]);
