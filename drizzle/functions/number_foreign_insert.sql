-- The former service may still write. What it stores gets its numbers here, and moves its sender's marker. The trigger's
-- condition excludes rows that have both numbers; those of a log that is not counted yet have only the first.
CREATE OR REPLACE FUNCTION number_foreign_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS NULL THEN
    PERFORM create_logs(ARRAY[NEW."senderId"], ARRAY[NEW."channelId"], ARRAY[NEW."receiverId"]);
    NEW."conversationId" := (find_logs(ARRAY[NEW."senderId"], ARRAY[NEW."channelId"], ARRAY[NEW."receiverId"]))[1];
    NEW.seq := take_number(NEW."conversationId");
    NEW."updatedSeq" := NEW.seq;
    INSERT INTO seats ("userId", "conversationId", "readSeq", "seenSeq")
    SELECT NEW."senderId", NEW."conversationId", NEW.seq, NEW.seq WHERE NEW.seq IS NOT NULL
    ON CONFLICT ("userId", "conversationId")
    DO UPDATE SET "readSeq" = excluded."readSeq", "seenSeq" = excluded."seenSeq";
  END IF;
  UPDATE conversations SET "messageCount" = "messageCount" + CASE WHEN NEW.silent THEN 0 ELSE 1 END
  WHERE id = NEW."conversationId" AND "isCounted" RETURNING "messageCount" INTO NEW.number;
  RETURN NEW;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_insert ON chats;--> statement-breakpoint
CREATE TRIGGER number_foreign_insert BEFORE INSERT ON chats FOR EACH ROW
  WHEN (NEW.seq IS NULL OR NEW.number IS NULL) EXECUTE FUNCTION number_foreign_insert();
