-- What this deployment is called in Redis. New, so nodes of the version before and the former service go on as they are.
CREATE TABLE IF NOT EXISTS "deployment" (
	"isOnly" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" varchar(36) NOT NULL,
	CONSTRAINT "CHK_deployment_only" CHECK ("isOnly")
);
--> statement-breakpoint
INSERT INTO "deployment" ("id") VALUES (gen_random_uuid()::text) ON CONFLICT DO NOTHING;
