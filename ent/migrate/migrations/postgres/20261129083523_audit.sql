-- +goose Up
-- create "audit_entries" table
CREATE TABLE "audit_entries" (
  "id" bigint NOT NULL,
  "at" timestamptz NOT NULL,
  "actor_kind" text NOT NULL,
  "actor_id" bigint NOT NULL,
  "actor_name" text NOT NULL,
  "key_id" bigint NOT NULL,
  "address" text NOT NULL,
  "via" text NOT NULL,
  "request_id" text NOT NULL,
  "method" text NOT NULL,
  "target_kind" text NOT NULL,
  "target" text NOT NULL,
  "reason" text NOT NULL,
  "request" text NOT NULL,
  "before" text NOT NULL,
  "after" text NOT NULL,
  "broken" boolean NOT NULL,
  "hash" bytea NOT NULL,
  PRIMARY KEY ("id")
);
-- create index "auditentry_actor_name_id" to table: "audit_entries"
CREATE INDEX "auditentry_actor_name_id" ON "audit_entries" ("actor_name", "id");
-- create index "auditentry_at" to table: "audit_entries"
CREATE INDEX "auditentry_at" ON "audit_entries" ("at");
-- create index "auditentry_method_id" to table: "audit_entries"
CREATE INDEX "auditentry_method_id" ON "audit_entries" ("method", "id");
-- create index "auditentry_target_kind_target_id" to table: "audit_entries"
CREATE INDEX "auditentry_target_kind_target_id" ON "audit_entries" ("target_kind", "target", "id");
-- create "audit_heads" table
CREATE TABLE "audit_heads" (
  "id" bigint NOT NULL,
  "entry_id" bigint NOT NULL,
  "hash" bytea NOT NULL,
  "mac" bytea NOT NULL,
  PRIMARY KEY ("id")
);

-- +goose Down
-- reverse: create "audit_heads" table
DROP TABLE "audit_heads";
-- reverse: create index "auditentry_target_kind_target_id" to table: "audit_entries"
DROP INDEX "auditentry_target_kind_target_id";
-- reverse: create index "auditentry_method_id" to table: "audit_entries"
DROP INDEX "auditentry_method_id";
-- reverse: create index "auditentry_at" to table: "audit_entries"
DROP INDEX "auditentry_at";
-- reverse: create index "auditentry_actor_name_id" to table: "audit_entries"
DROP INDEX "auditentry_actor_name_id";
-- reverse: create "audit_entries" table
DROP TABLE "audit_entries";
