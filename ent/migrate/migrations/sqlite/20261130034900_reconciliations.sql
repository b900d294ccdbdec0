-- +goose Up
-- add column "adjusted_micros" to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `adjusted_micros` integer NOT NULL DEFAULT (0);
-- create "reconciliations" table
CREATE TABLE `reconciliations` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `name` text NOT NULL DEFAULT (''),
  `status` text NOT NULL,
  `stage` text NOT NULL DEFAULT (''),
  `cursor` integer NOT NULL DEFAULT (0),
  `cursor_name` text NOT NULL DEFAULT (''),
  `from_at` datetime NULL,
  `to_at` datetime NULL,
  `rows` integer NOT NULL DEFAULT (0),
  `outside` integer NOT NULL DEFAULT (0),
  `matched` integer NOT NULL DEFAULT (0),
  `found` integer NOT NULL DEFAULT (0),
  `open` integer NOT NULL DEFAULT (0),
  `last_part` text NOT NULL DEFAULT (''),
  `asked_by` text NOT NULL DEFAULT (''),
  `ended_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "reconciliation_provider_id_id" to table: "reconciliations"
CREATE INDEX `reconciliation_provider_id_id` ON `reconciliations` (`provider_id`, `id`);
-- create index "reconciliation_created_at" to table: "reconciliations"
CREATE INDEX `reconciliation_created_at` ON `reconciliations` (`created_at`) WHERE status IN ('receiving', 'matching');
-- create "reconciliation_findings" table
CREATE TABLE `reconciliation_findings` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `reconciliation_id` integer NOT NULL,
  `seen_id` integer NOT NULL,
  `identity` text NOT NULL,
  `kind` text NOT NULL,
  `status` text NOT NULL,
  `attempt_id` integer NULL,
  `reference` text NOT NULL DEFAULT (''),
  `provider_reference` text NOT NULL DEFAULT (''),
  `said` text NOT NULL DEFAULT (''),
  `at` datetime NULL,
  `line` integer NOT NULL DEFAULT (0),
  `said_micros` integer NOT NULL DEFAULT (0),
  `said_currency` text NOT NULL DEFAULT (''),
  `ours_micros` integer NOT NULL DEFAULT (0),
  `ours_currency` text NOT NULL DEFAULT (''),
  `booked_micros` integer NOT NULL DEFAULT (0),
  `action` text NOT NULL DEFAULT (''),
  `note` text NOT NULL DEFAULT (''),
  `resolved_by` text NOT NULL DEFAULT (''),
  `resolved_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "reconciliationfinding_provider_id_identity" to table: "reconciliation_findings"
CREATE UNIQUE INDEX `reconciliationfinding_provider_id_identity` ON `reconciliation_findings` (`provider_id`, `identity`);
-- create index "reconciliationfinding_attempt_id" to table: "reconciliation_findings"
CREATE INDEX `reconciliationfinding_attempt_id` ON `reconciliation_findings` (`attempt_id`) WHERE attempt_id IS NOT NULL;
-- create index "reconciliationfinding_provider_id_id" to table: "reconciliation_findings"
CREATE INDEX `reconciliationfinding_provider_id_id` ON `reconciliation_findings` (`provider_id`, `id`) WHERE status = 'open';
-- create index "reconciliationfinding_seen_id_id" to table: "reconciliation_findings"
CREATE INDEX `reconciliationfinding_seen_id_id` ON `reconciliation_findings` (`seen_id`, `id`);
-- create "statement_rows" table
CREATE TABLE `statement_rows` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `reconciliation_id` integer NOT NULL,
  `line` integer NOT NULL,
  `name` text NOT NULL,
  `reference` text NOT NULL DEFAULT (''),
  `provider_reference` text NOT NULL DEFAULT (''),
  `state` text NOT NULL,
  `at` datetime NOT NULL,
  `amount_micros` integer NOT NULL DEFAULT (0),
  `currency` text NOT NULL DEFAULT (''),
  `attempt_id` integer NOT NULL DEFAULT (0)
);
-- create index "statementrow_reconciliation_id_line" to table: "statement_rows"
CREATE UNIQUE INDEX `statementrow_reconciliation_id_line` ON `statement_rows` (`reconciliation_id`, `line`);
-- create index "statementrow_reconciliation_id_attempt_id_name_line" to table: "statement_rows"
CREATE INDEX `statementrow_reconciliation_id_attempt_id_name_line` ON `statement_rows` (`reconciliation_id`, `attempt_id`, `name`, `line`);

-- +goose Down
-- reverse: create index "statementrow_reconciliation_id_attempt_id_name_line" to table: "statement_rows"
DROP INDEX `statementrow_reconciliation_id_attempt_id_name_line`;
-- reverse: create index "statementrow_reconciliation_id_line" to table: "statement_rows"
DROP INDEX `statementrow_reconciliation_id_line`;
-- reverse: create "statement_rows" table
DROP TABLE `statement_rows`;
-- reverse: create index "reconciliationfinding_seen_id_id" to table: "reconciliation_findings"
DROP INDEX `reconciliationfinding_seen_id_id`;
-- reverse: create index "reconciliationfinding_provider_id_id" to table: "reconciliation_findings"
DROP INDEX `reconciliationfinding_provider_id_id`;
-- reverse: create index "reconciliationfinding_attempt_id" to table: "reconciliation_findings"
DROP INDEX `reconciliationfinding_attempt_id`;
-- reverse: create index "reconciliationfinding_provider_id_identity" to table: "reconciliation_findings"
DROP INDEX `reconciliationfinding_provider_id_identity`;
-- reverse: create "reconciliation_findings" table
DROP TABLE `reconciliation_findings`;
-- reverse: create index "reconciliation_created_at" to table: "reconciliations"
DROP INDEX `reconciliation_created_at`;
-- reverse: create index "reconciliation_provider_id_id" to table: "reconciliations"
DROP INDEX `reconciliation_provider_id_id`;
-- reverse: create "reconciliations" table
DROP TABLE `reconciliations`;
-- reverse: add column "adjusted_micros" to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `adjusted_micros`;
