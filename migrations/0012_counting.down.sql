ALTER TABLE seats RESET (fillfactor);--> statement-breakpoint
ALTER TABLE conversations DROP COLUMN IF EXISTS "isCounted";
