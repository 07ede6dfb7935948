-- A message as it is now, in a form that a new column does not alter. For a deleted one, leaves out the content.
CREATE OR REPLACE FUNCTION message_state(message chats) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN message."deletedAt" IS NULL THEN to_jsonb(message)
    ELSE jsonb_build_object('id', message.id, 'seq', message.seq, 'updatedSeq', message."updatedSeq",
      'senderId', message."senderId", 'channelId', message."channelId", 'receiverId', message."receiverId",
      'clientId', message."clientId", 'createdAt', message."createdAt", 'updatedAt', message."updatedAt")
    END || jsonb_build_object('deleted', message."deletedAt" IS NOT NULL)
$$;
--> statement-breakpoint
-- The same row as `write_messages` takes it, deleted at `gone` and without its content.
CREATE OR REPLACE FUNCTION without_content(message chats, gone timestamp) RETURNS chats LANGUAGE plpgsql STABLE AS $$
BEGIN
  message."deletedAt" := gone;
  RETURN jsonb_populate_record(NULL::chats, message_state(message) || jsonb_build_object('deletedAt', gone));
END
$$;
