-- +goose Up
-- create "operators" table
CREATE TABLE `operators` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `roles` text NOT NULL,
  `status` text NOT NULL DEFAULT ('active'),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "operators_name_key" to table: "operators"
CREATE UNIQUE INDEX `operators_name_key` ON `operators` (`name`);
-- create "operator_keys" table
CREATE TABLE `operator_keys` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `hash` blob NOT NULL,
  `label` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `revoked_at` datetime NULL,
  `operator_id` integer NOT NULL,
  CONSTRAINT `operator_keys_operators_operator` FOREIGN KEY (`operator_id`) REFERENCES `operators` (`id`) ON DELETE NO ACTION
);
-- create index "operator_keys_hash_key" to table: "operator_keys"
CREATE UNIQUE INDEX `operator_keys_hash_key` ON `operator_keys` (`hash`);
-- create index "operatorkey_operator_id" to table: "operator_keys"
CREATE INDEX `operatorkey_operator_id` ON `operator_keys` (`operator_id`);

-- +goose Down
-- reverse: create index "operatorkey_operator_id" to table: "operator_keys"
DROP INDEX `operatorkey_operator_id`;
-- reverse: create index "operator_keys_hash_key" to table: "operator_keys"
DROP INDEX `operator_keys_hash_key`;
-- reverse: create "operator_keys" table
DROP TABLE `operator_keys`;
-- reverse: create index "operators_name_key" to table: "operators"
DROP INDEX `operators_name_key`;
-- reverse: create "operators" table
DROP TABLE `operators`;
