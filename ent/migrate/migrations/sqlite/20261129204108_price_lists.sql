-- +goose Up
-- add column "price_rule" to table: "order_lines"
ALTER TABLE `order_lines` ADD COLUMN `price_rule` text NOT NULL DEFAULT ('');
-- create "price_lists" table
CREATE TABLE `price_lists` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `description` text NOT NULL DEFAULT (''),
  `currency` text NOT NULL,
  `status` text NOT NULL DEFAULT ('draft'),
  `starts_at` datetime NULL,
  `ends_at` datetime NULL,
  `rules` json NOT NULL DEFAULT '[]',
  `by_cost` bool NOT NULL DEFAULT (false),
  `version` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "price_lists_name_key" to table: "price_lists"
CREATE UNIQUE INDEX `price_lists_name_key` ON `price_lists` (`name`);
-- create "price_list_merchants" table
CREATE TABLE `price_list_merchants` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `created_at` datetime NOT NULL,
  `merchant_id` integer NOT NULL,
  `price_list_id` integer NOT NULL,
  CONSTRAINT `price_list_merchants_merchants_merchant` FOREIGN KEY (`merchant_id`) REFERENCES `merchants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `price_list_merchants_price_lists_price_list` FOREIGN KEY (`price_list_id`) REFERENCES `price_lists` (`id`) ON DELETE NO ACTION
);
-- create index "pricelistmerchant_merchant_id" to table: "price_list_merchants"
CREATE UNIQUE INDEX `pricelistmerchant_merchant_id` ON `price_list_merchants` (`merchant_id`);
-- create index "pricelistmerchant_price_list_id" to table: "price_list_merchants"
CREATE INDEX `pricelistmerchant_price_list_id` ON `price_list_merchants` (`price_list_id`);

-- +goose Down
-- reverse: create index "pricelistmerchant_price_list_id" to table: "price_list_merchants"
DROP INDEX `pricelistmerchant_price_list_id`;
-- reverse: create index "pricelistmerchant_merchant_id" to table: "price_list_merchants"
DROP INDEX `pricelistmerchant_merchant_id`;
-- reverse: create "price_list_merchants" table
DROP TABLE `price_list_merchants`;
-- reverse: create index "price_lists_name_key" to table: "price_lists"
DROP INDEX `price_lists_name_key`;
-- reverse: create "price_lists" table
DROP TABLE `price_lists`;
-- reverse: add column "price_rule" to table: "order_lines"
ALTER TABLE `order_lines` DROP COLUMN `price_rule`;
