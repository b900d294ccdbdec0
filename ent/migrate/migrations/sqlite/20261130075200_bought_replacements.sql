-- +goose Up
-- add column "replacement_id" to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `replacement_id` integer NULL;
-- add column "replacement_id" to table: "claimed_units"
ALTER TABLE `claimed_units` ADD COLUMN `replacement_id` integer NULL;
-- add column "failure_code" to table: "claimed_units"
ALTER TABLE `claimed_units` ADD COLUMN `failure_code` text NOT NULL DEFAULT ('');
-- create "replacements" table
CREATE TABLE `replacements` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `claim_id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `order_id` integer NOT NULL,
  `line_id` integer NOT NULL,
  `quantity` integer NOT NULL,
  `completed` integer NOT NULL DEFAULT (0),
  `failed` integer NOT NULL DEFAULT (0),
  `ended_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "replacement_claim_id" to table: "replacements"
CREATE INDEX `replacement_claim_id` ON `replacements` (`claim_id`);
-- create index "replacement_order_id" to table: "replacements"
CREATE INDEX `replacement_order_id` ON `replacements` (`order_id`) WHERE ended_at IS NULL;

-- +goose Down
-- What is being bought would be left behind: the version before takes such an attempt for one of the line, and the
-- claim would wait for nothing. This fails where something is: orderhub claim list --status replacing.
CREATE TEMPORARY TABLE `units_are_being_replaced` (`open` integer NOT NULL, CONSTRAINT `units are being replaced: wait for them` CHECK (`open` = 0));
INSERT INTO `units_are_being_replaced` SELECT count(*) FROM `replacements` WHERE `ended_at` IS NULL;
DROP TABLE `units_are_being_replaced`;
-- reverse: create index "replacement_order_id" to table: "replacements"
DROP INDEX `replacement_order_id`;
-- reverse: create index "replacement_claim_id" to table: "replacements"
DROP INDEX `replacement_claim_id`;
-- reverse: create "replacements" table
DROP TABLE `replacements`;
-- reverse: add column "failure_code" to table: "claimed_units"
ALTER TABLE `claimed_units` DROP COLUMN `failure_code`;
-- reverse: add column "replacement_id" to table: "claimed_units"
ALTER TABLE `claimed_units` DROP COLUMN `replacement_id`;
-- reverse: add column "replacement_id" to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `replacement_id`;
