-- +goose Up
-- add columns to table: "operators"
ALTER TABLE `operators` ADD COLUMN `password_hash` text NOT NULL DEFAULT '';
ALTER TABLE `operators` ADD COLUMN `second_factor` blob NULL;
ALTER TABLE `operators` ADD COLUMN `used_step` integer NOT NULL DEFAULT 0;
ALTER TABLE `operators` ADD COLUMN `login_version` integer NOT NULL DEFAULT 0;
ALTER TABLE `operators` ADD COLUMN `invitation_hash` blob NULL;
ALTER TABLE `operators` ADD COLUMN `invitation_expires_at` datetime NULL;
-- create index "operators_invitation_hash_key" to table: "operators"
CREATE UNIQUE INDEX `operators_invitation_hash_key` ON `operators` (`invitation_hash`);
-- create "operator_sessions" table
CREATE TABLE `operator_sessions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `hash` blob NOT NULL,
  `stage` text NOT NULL,
  `place` text NOT NULL DEFAULT (''),
  `proposed_factor` blob NULL,
  `created_at` datetime NOT NULL,
  `last_used_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `operator_id` integer NOT NULL,
  CONSTRAINT `operator_sessions_operators_operator` FOREIGN KEY (`operator_id`) REFERENCES `operators` (`id`) ON DELETE NO ACTION
);
-- create index "operator_sessions_hash_key" to table: "operator_sessions"
CREATE UNIQUE INDEX `operator_sessions_hash_key` ON `operator_sessions` (`hash`);
-- create index "operatorsession_operator_id" to table: "operator_sessions"
CREATE INDEX `operatorsession_operator_id` ON `operator_sessions` (`operator_id`);

-- +goose Down
-- reverse: create index "operatorsession_operator_id" to table: "operator_sessions"
DROP INDEX `operatorsession_operator_id`;
-- reverse: create index "operator_sessions_hash_key" to table: "operator_sessions"
DROP INDEX `operator_sessions_hash_key`;
-- reverse: create "operator_sessions" table
DROP TABLE `operator_sessions`;
-- reverse: create index "operators_invitation_hash_key" to table: "operators"
DROP INDEX `operators_invitation_hash_key`;
-- reverse: add columns to table: "operators"
ALTER TABLE `operators` DROP COLUMN `invitation_expires_at`;
ALTER TABLE `operators` DROP COLUMN `invitation_hash`;
ALTER TABLE `operators` DROP COLUMN `login_version`;
ALTER TABLE `operators` DROP COLUMN `used_step`;
ALTER TABLE `operators` DROP COLUMN `second_factor`;
ALTER TABLE `operators` DROP COLUMN `password_hash`;
