-- +goose Up
-- create "audit_entries" table
CREATE TABLE `audit_entries` (
  `id` integer NOT NULL,
  `at` datetime NOT NULL,
  `actor_kind` text NOT NULL,
  `actor_id` integer NOT NULL,
  `actor_name` text NOT NULL,
  `key_id` integer NOT NULL,
  `address` text NOT NULL,
  `via` text NOT NULL,
  `request_id` text NOT NULL,
  `method` text NOT NULL,
  `target_kind` text NOT NULL,
  `target` text NOT NULL,
  `reason` text NOT NULL,
  `request` text NOT NULL,
  `before` text NOT NULL,
  `after` text NOT NULL,
  `broken` bool NOT NULL,
  `hash` blob NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "auditentry_actor_name_id" to table: "audit_entries"
CREATE INDEX `auditentry_actor_name_id` ON `audit_entries` (`actor_name`, `id`);
-- create index "auditentry_method_id" to table: "audit_entries"
CREATE INDEX `auditentry_method_id` ON `audit_entries` (`method`, `id`);
-- create index "auditentry_target_kind_target_id" to table: "audit_entries"
CREATE INDEX `auditentry_target_kind_target_id` ON `audit_entries` (`target_kind`, `target`, `id`);
-- create index "auditentry_at" to table: "audit_entries"
CREATE INDEX `auditentry_at` ON `audit_entries` (`at`);
-- create "audit_heads" table
CREATE TABLE `audit_heads` (
  `id` integer NOT NULL,
  `entry_id` integer NOT NULL,
  `hash` blob NOT NULL,
  `mac` blob NOT NULL,
  PRIMARY KEY (`id`)
);

-- +goose Down
-- reverse: create "audit_heads" table
DROP TABLE `audit_heads`;
-- reverse: create index "auditentry_at" to table: "audit_entries"
DROP INDEX `auditentry_at`;
-- reverse: create index "auditentry_target_kind_target_id" to table: "audit_entries"
DROP INDEX `auditentry_target_kind_target_id`;
-- reverse: create index "auditentry_method_id" to table: "audit_entries"
DROP INDEX `auditentry_method_id`;
-- reverse: create index "auditentry_actor_name_id" to table: "audit_entries"
DROP INDEX `auditentry_actor_name_id`;
-- reverse: create "audit_entries" table
DROP TABLE `audit_entries`;
