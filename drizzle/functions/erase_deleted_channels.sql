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
  DELETE FROM reactions r USING unnest(erased) e WHERE r."messageId" = e.id;
  done := (SELECT max(e.seq) FROM unnest(erased) e);
  IF done IS NULL THEN DELETE FROM channel_erasures e WHERE e."channelId" = channel;
  ELSE UPDATE channel_erasures e SET "erasedSeq" = done WHERE e."channelId" = channel;
  END IF;
  RETURN true;
END
$$;
