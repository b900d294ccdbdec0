-- +goose Up
-- create "statement_charges" table
CREATE TABLE `statement_charges` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `reconciliation_id` integer NOT NULL,
  `attempt_id` integer NOT NULL DEFAULT (0),
  `name` text NOT NULL,
  `state` text NOT NULL,
  `at` datetime NOT NULL,
  `amount_micros` integer NOT NULL DEFAULT (0),
  `currency` text NOT NULL DEFAULT ('')
);
-- create index "statementcharge_attempt_id" to table: "statement_charges"
CREATE INDEX `statementcharge_attempt_id` ON `statement_charges` (`attempt_id`) WHERE attempt_id > 0;
-- create index "statementcharge_provider_id_name" to table: "statement_charges"
CREATE INDEX `statementcharge_provider_id_name` ON `statement_charges` (`provider_id`, `name`) WHERE attempt_id = 0;
-- create index "statementcharge_provider_id_at" to table: "statement_charges"
CREATE INDEX `statementcharge_provider_id_at` ON `statement_charges` (`provider_id`, `at`);

-- +goose Down
-- reverse: create index "statementcharge_provider_id_at" to table: "statement_charges"
DROP INDEX `statementcharge_provider_id_at`;
-- reverse: create index "statementcharge_provider_id_name" to table: "statement_charges"
DROP INDEX `statementcharge_provider_id_name`;
-- reverse: create index "statementcharge_attempt_id" to table: "statement_charges"
DROP INDEX `statementcharge_attempt_id`;
-- reverse: create "statement_charges" table
DROP TABLE `statement_charges`;
