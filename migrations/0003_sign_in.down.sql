-- Tokens that were ended are good again until they run out; admins are those of ADMIN_EMAILS.
DROP TABLE IF EXISTS sign_in_addresses;--> statement-breakpoint
DROP TABLE IF EXISTS session_cutoffs;--> statement-breakpoint
DROP TABLE IF EXISTS ended_tokens;--> statement-breakpoint
ALTER TABLE users DROP COLUMN IF EXISTS "isAdmin";
