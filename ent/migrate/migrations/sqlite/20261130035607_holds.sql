-- +goose Up
-- add column "hold_id" to table: "transfers"
ALTER TABLE `transfers` ADD COLUMN `hold_id` integer NULL;
-- create "holds" table
CREATE TABLE `holds` (
  `id` integer NOT NULL,
  `number` text NOT NULL,
  `merchant_id` integer NOT NULL,
  `reference` text NOT NULL,
  `fingerprint` blob NOT NULL,
  `status` text NOT NULL DEFAULT ('held'),
  `currency` text NOT NULL,
  `total_micros` integer NOT NULL DEFAULT (0),
  `coupon_id` integer NULL,
  `terms` json NOT NULL DEFAULT '{}',
  `draft` blob NULL,
  `extensions` integer NOT NULL DEFAULT (0),
  `expires_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `order_id` integer NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "holds_number_key" to table: "holds"
CREATE UNIQUE INDEX `holds_number_key` ON `holds` (`number`);
-- create index "hold_merchant_id_reference" to table: "holds"
CREATE UNIQUE INDEX `hold_merchant_id_reference` ON `holds` (`merchant_id`, `reference`);
-- create index "hold_merchant_id_id" to table: "holds"
CREATE INDEX `hold_merchant_id_id` ON `holds` (`merchant_id`, `id`);
-- create index "holds_open" to table: "holds"
CREATE INDEX `holds_open` ON `holds` (`merchant_id`) WHERE status = 'held';
-- create index "hold_expires_at" to table: "holds"
CREATE INDEX `hold_expires_at` ON `holds` (`expires_at`) WHERE status = 'held';
-- create index "hold_ended_at" to table: "holds"
CREATE INDEX `hold_ended_at` ON `holds` (`ended_at`) WHERE ended_at IS NOT NULL;
-- create "hold_parts" table
CREATE TABLE `hold_parts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `hold_id` integer NOT NULL,
  `line` integer NOT NULL,
  `product_id` integer NOT NULL,
  `unit_id` integer NULL,
  `use_date` text NOT NULL DEFAULT (''),
  `quantity` integer NOT NULL
);
-- create index "hold_parts_unit_id_key" to table: "hold_parts"
CREATE UNIQUE INDEX `hold_parts_unit_id_key` ON `hold_parts` (`unit_id`);
-- create index "holdpart_hold_id" to table: "hold_parts"
CREATE INDEX `holdpart_hold_id` ON `hold_parts` (`hold_id`);
-- create index "holdpart_product_id_use_date" to table: "hold_parts"
CREATE INDEX `holdpart_product_id_use_date` ON `hold_parts` (`product_id`, `use_date`);

-- +goose Down
-- What is held would be nobody's: neither money nor stock would come back. This fails where something is: release it
-- first, with orderhub order release --all.
CREATE TEMPORARY TABLE `orders_are_held` (`holds` integer NOT NULL, CONSTRAINT `orders are held: release them first` CHECK (`holds` = 0));
INSERT INTO `orders_are_held` SELECT count(*) FROM `holds` WHERE `status` = 'held';
DROP TABLE `orders_are_held`;
-- reverse: create index "holdpart_product_id_use_date" to table: "hold_parts"
DROP INDEX `holdpart_product_id_use_date`;
-- reverse: create index "holdpart_hold_id" to table: "hold_parts"
DROP INDEX `holdpart_hold_id`;
-- reverse: create index "hold_parts_unit_id_key" to table: "hold_parts"
DROP INDEX `hold_parts_unit_id_key`;
-- reverse: create "hold_parts" table
DROP TABLE `hold_parts`;
-- reverse: create index "hold_ended_at" to table: "holds"
DROP INDEX `hold_ended_at`;
-- reverse: create index "hold_expires_at" to table: "holds"
DROP INDEX `hold_expires_at`;
-- reverse: create index "holds_open" to table: "holds"
DROP INDEX `holds_open`;
-- reverse: create index "hold_merchant_id_id" to table: "holds"
DROP INDEX `hold_merchant_id_id`;
-- reverse: create index "hold_merchant_id_reference" to table: "holds"
DROP INDEX `hold_merchant_id_reference`;
-- reverse: create index "holds_number_key" to table: "holds"
DROP INDEX `holds_number_key`;
-- reverse: create "holds" table
DROP TABLE `holds`;
-- reverse: add column "hold_id" to table: "transfers"
ALTER TABLE `transfers` DROP COLUMN `hold_id`;
