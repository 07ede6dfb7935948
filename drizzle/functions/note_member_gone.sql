-- A member is removed: see advance_members_version.
CREATE OR REPLACE FUNCTION note_member_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM advance_members_version(OLD."channelId");
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_member_gone ON channel_members;--> statement-breakpoint
CREATE TRIGGER note_member_gone AFTER DELETE ON channel_members FOR EACH ROW
  EXECUTE FUNCTION note_member_gone();
