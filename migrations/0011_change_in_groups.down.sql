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
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS apply_changes(chats,text,integer[],jsonb[],timestamp without time zone);--> statement-breakpoint
DROP FUNCTION IF EXISTS change_messages(integer[],integer[],text[],jsonb);
