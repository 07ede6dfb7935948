CREATE TABLE IF NOT EXISTS "last_seen" (
	"userId" integer PRIMARY KEY NOT NULL,
	"at" timestamp NOT NULL
);
--> statement-breakpoint
ALTER TABLE "last_seen" DROP CONSTRAINT IF EXISTS "last_seen_userId_users_id_fk", ADD CONSTRAINT "last_seen_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;