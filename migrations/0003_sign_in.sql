-- Who is an admin whatever the settings say, which tokens were ended before their time, and from where an account was signed
-- in to. All of it is new, so a node of the version before and the former service go on as they are.
-- Each step finds its own work: the record of migrations may be lost.
CREATE TABLE IF NOT EXISTS "ended_tokens" (
	"tokenId" varchar(43) PRIMARY KEY NOT NULL,
	"userId" integer NOT NULL,
	"expiresAt" timestamp NOT NULL,
	"endedAt" timestamp NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "session_cutoffs" (
	"userId" integer PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL,
	"keptTokenId" varchar(43),
	"endedAt" timestamp NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sign_in_addresses" (
	"userId" integer NOT NULL,
	"address" varchar(43) NOT NULL,
	"lastAt" timestamp NOT NULL,
	CONSTRAINT "PK_sign_in_addresses" PRIMARY KEY("userId","address")
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "isAdmin" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "ended_tokens" DROP CONSTRAINT IF EXISTS "ended_tokens_userId_users_id_fk", ADD CONSTRAINT "ended_tokens_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_cutoffs" DROP CONSTRAINT IF EXISTS "session_cutoffs_userId_users_id_fk", ADD CONSTRAINT "session_cutoffs_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_addresses" DROP CONSTRAINT IF EXISTS "sign_in_addresses_userId_users_id_fk", ADD CONSTRAINT "sign_in_addresses_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_ended_tokens_ended_at" ON "ended_tokens" USING btree ("endedAt");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_ended_tokens_expires_at" ON "ended_tokens" USING btree ("expiresAt");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_ended_tokens_user_id" ON "ended_tokens" USING btree ("userId");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_session_cutoffs_ended_at" ON "session_cutoffs" USING btree ("endedAt");