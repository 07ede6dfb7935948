-- Names differ in case again, and emails are compared by the server's locale. Nothing that was typed is lost.
DROP TRIGGER IF EXISTS forget_folded_names ON users;--> statement-breakpoint
DROP FUNCTION IF EXISTS forget_folded_names();--> statement-breakpoint
ALTER TABLE users
  DROP COLUMN IF EXISTS "foldedUsername",
  DROP COLUMN IF EXISTS "foldedEmail",
  DROP COLUMN IF EXISTS "isNameUnique";
