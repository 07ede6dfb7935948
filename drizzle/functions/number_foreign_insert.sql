-- The former service may still write. What it stores gets its number here. The trigger's condition excludes rows that
-- have a number.
CREATE OR REPLACE FUNCTION number_foreign_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM create_logs(ARRAY[NEW."senderId"], ARRAY[NEW."channelId"], ARRAY[NEW."receiverId"]);
  NEW."conversationId" := (find_logs(ARRAY[NEW."senderId"], ARRAY[NEW."channelId"], ARRAY[NEW."receiverId"]))[1];
  NEW.seq := take_number(NEW."conversationId");
  NEW."updatedSeq" := NEW.seq;
  RETURN NEW;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_insert ON chats;--> statement-breakpoint
CREATE TRIGGER number_foreign_insert BEFORE INSERT ON chats FOR EACH ROW
  WHEN (NEW.seq IS NULL) EXECUTE FUNCTION number_foreign_insert();
