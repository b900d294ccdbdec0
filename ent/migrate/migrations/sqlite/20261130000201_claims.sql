-- +goose Up
-- add column "credited_micros" to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `credited_micros` integer NOT NULL DEFAULT (0);
-- create index "unit_product_id_use_date_id" to table: "units"
CREATE INDEX `unit_product_id_use_date_id` ON `units` (`product_id`, `use_date`, `id`) WHERE ticket_code IS NOT NULL;
-- create "claims" table
CREATE TABLE `claims` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `order_id` integer NOT NULL,
  `reference` text NULL,
  `reason` text NOT NULL,
  `said` blob NULL,
  `asked_kind` text NOT NULL,
  `asked_by` text NOT NULL,
  `waiting` integer NOT NULL DEFAULT (0),
  `answer_by` datetime NULL,
  `overdue_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "claim_merchant_id_reference" to table: "claims"
CREATE UNIQUE INDEX `claim_merchant_id_reference` ON `claims` (`merchant_id`, `reference`) WHERE reference IS NOT NULL;
-- create index "claim_merchant_id_id" to table: "claims"
CREATE INDEX `claim_merchant_id_id` ON `claims` (`merchant_id`, `id`);
-- create index "claim_order_id" to table: "claims"
CREATE INDEX `claim_order_id` ON `claims` (`order_id`);
-- create index "claims_waiting" to table: "claims"
CREATE INDEX `claims_waiting` ON `claims` (`id`) WHERE waiting > 0;
-- create index "claim_answer_by" to table: "claims"
CREATE INDEX `claim_answer_by` ON `claims` (`answer_by`) WHERE waiting > 0 AND overdue_at IS NULL;
-- create "claim_policies" table
CREATE TABLE `claim_policies` (
  `id` integer NOT NULL,
  `claim_within_s` integer NOT NULL DEFAULT (0),
  `answer_within_s` integer NOT NULL DEFAULT (0),
  `answer` text NOT NULL DEFAULT (''),
  `answer_claimed_within_s` integer NOT NULL DEFAULT (0),
  `answer_per_month` integer NOT NULL DEFAULT (0),
  `time_zone` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create "claimed_units" table
CREATE TABLE `claimed_units` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `claim_id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `order_id` integer NOT NULL,
  `line_id` integer NOT NULL,
  `product_id` integer NOT NULL,
  `unit_id` integer NOT NULL,
  `status` text NOT NULL DEFAULT ('waiting'),
  `answered_kind` text NOT NULL DEFAULT (''),
  `answered_by` text NOT NULL DEFAULT (''),
  `answer` text NOT NULL DEFAULT (''),
  `answered_at` datetime NULL,
  `refund_micros` integer NOT NULL DEFAULT (0),
  `replacement_unit_id` integer NULL,
  `dispute` text NOT NULL DEFAULT (''),
  `dispute_reference` text NOT NULL DEFAULT (''),
  `dispute_attempt_id` integer NULL,
  `disputed_at` datetime NULL,
  `credit_micros` integer NOT NULL DEFAULT (0),
  `credit_currency` text NOT NULL DEFAULT (''),
  `dispute_ended_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "claimed_units_unit_id_key" to table: "claimed_units"
CREATE UNIQUE INDEX `claimed_units_unit_id_key` ON `claimed_units` (`unit_id`);
-- create index "claimed_units_replacement_unit_id_key" to table: "claimed_units"
CREATE UNIQUE INDEX `claimed_units_replacement_unit_id_key` ON `claimed_units` (`replacement_unit_id`);
-- create index "claimedunit_claim_id" to table: "claimed_units"
CREATE INDEX `claimedunit_claim_id` ON `claimed_units` (`claim_id`);
-- create index "claimedunit_line_id" to table: "claimed_units"
CREATE INDEX `claimedunit_line_id` ON `claimed_units` (`line_id`);
-- create index "claimedunit_merchant_id_product_id_answered_at" to table: "claimed_units"
CREATE INDEX `claimedunit_merchant_id_product_id_answered_at` ON `claimed_units` (`merchant_id`, `product_id`, `answered_at`) WHERE answered_kind = 'policy';
-- create index "claimedunit_dispute_attempt_id" to table: "claimed_units"
CREATE INDEX `claimedunit_dispute_attempt_id` ON `claimed_units` (`dispute_attempt_id`) WHERE dispute_attempt_id IS NOT NULL;
-- create "redemptions" table
CREATE TABLE `redemptions` (
  `id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `order_id` integer NOT NULL,
  `line_id` integer NOT NULL,
  `product_id` integer NOT NULL,
  `reference` text NOT NULL DEFAULT (''),
  `place` text NOT NULL DEFAULT (''),
  `redeemed_at` datetime NOT NULL,
  `redeemed_kind` text NOT NULL,
  `redeemed_by` text NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create "redemptions" table
DROP TABLE `redemptions`;
-- reverse: create index "claimedunit_dispute_attempt_id" to table: "claimed_units"
DROP INDEX `claimedunit_dispute_attempt_id`;
-- reverse: create index "claimedunit_merchant_id_product_id_answered_at" to table: "claimed_units"
DROP INDEX `claimedunit_merchant_id_product_id_answered_at`;
-- reverse: create index "claimedunit_line_id" to table: "claimed_units"
DROP INDEX `claimedunit_line_id`;
-- reverse: create index "claimedunit_claim_id" to table: "claimed_units"
DROP INDEX `claimedunit_claim_id`;
-- reverse: create index "claimed_units_replacement_unit_id_key" to table: "claimed_units"
DROP INDEX `claimed_units_replacement_unit_id_key`;
-- reverse: create index "claimed_units_unit_id_key" to table: "claimed_units"
DROP INDEX `claimed_units_unit_id_key`;
-- reverse: create "claimed_units" table
DROP TABLE `claimed_units`;
-- reverse: create "claim_policies" table
DROP TABLE `claim_policies`;
-- reverse: create index "claim_answer_by" to table: "claims"
DROP INDEX `claim_answer_by`;
-- reverse: create index "claims_waiting" to table: "claims"
DROP INDEX `claims_waiting`;
-- reverse: create index "claim_order_id" to table: "claims"
DROP INDEX `claim_order_id`;
-- reverse: create index "claim_merchant_id_id" to table: "claims"
DROP INDEX `claim_merchant_id_id`;
-- reverse: create index "claim_merchant_id_reference" to table: "claims"
DROP INDEX `claim_merchant_id_reference`;
-- reverse: create "claims" table
DROP TABLE `claims`;
-- reverse: create index "unit_product_id_use_date_id" to table: "units"
DROP INDEX `unit_product_id_use_date_id`;
-- reverse: add column "credited_micros" to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `credited_micros`;
