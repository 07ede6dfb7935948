-- If a name changes, its folded form is no longer right. A program that can fold sets it again after that.
CREATE OR REPLACE FUNCTION forget_folded_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.username IS DISTINCT FROM OLD.username THEN
    NEW."foldedUsername" := NULL;
    NEW."isNameUnique" := false;
  END IF;
  IF NEW.email IS DISTINCT FROM OLD.email THEN
    NEW."foldedEmail" := NULL;
  END IF;
  RETURN NEW;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS forget_folded_names ON users;--> statement-breakpoint
CREATE TRIGGER forget_folded_names BEFORE UPDATE OF username, email ON users FOR EACH ROW
  WHEN (NEW.username IS DISTINCT FROM OLD.username OR NEW.email IS DISTINCT FROM OLD.email)
  EXECUTE FUNCTION forget_folded_names();
