-- +goose Up
-- add columns "price_locked", "state_locked" and "off_by_sync" to table: "offers"
ALTER TABLE `offers` ADD COLUMN `price_locked` bool NOT NULL DEFAULT (false);
ALTER TABLE `offers` ADD COLUMN `state_locked` bool NOT NULL DEFAULT (false);
ALTER TABLE `offers` ADD COLUMN `off_by_sync` integer NOT NULL DEFAULT (0);
-- create "supply_changes" table
CREATE TABLE `supply_changes` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `sync_id` integer NOT NULL,
  `kind` text NOT NULL,
  `state` text NOT NULL,
  `note` text NOT NULL DEFAULT (''),
  `offer_id` integer NOT NULL DEFAULT (0),
  `product_id` integer NOT NULL DEFAULT (0),
  `provider_sku` text NOT NULL,
  `name` text NOT NULL DEFAULT (''),
  `old_cost_micros` integer NOT NULL DEFAULT (0),
  `old_currency` text NOT NULL DEFAULT (''),
  `new_cost_micros` integer NOT NULL DEFAULT (0),
  `new_currency` text NOT NULL DEFAULT (''),
  `old_mark` integer NOT NULL DEFAULT (0),
  `product` json NOT NULL DEFAULT '{}',
  `updated_at` datetime NOT NULL
);
-- create index "supplychange_sync_id_id" to table: "supply_changes"
CREATE INDEX `supplychange_sync_id_id` ON `supply_changes` (`sync_id`, `id`);
-- create "supply_policies" table
CREATE TABLE `supply_policies` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `interval_s` integer NOT NULL DEFAULT (0),
  `new_items` text NOT NULL DEFAULT ('propose'),
  `hold_gone_percent` integer NOT NULL DEFAULT (0),
  `hold_rise_percent` integer NOT NULL DEFAULT (0),
  `rules` json NOT NULL DEFAULT '[]',
  `next_at` datetime NULL,
  `read_at` datetime NULL,
  `listed` integer NOT NULL DEFAULT (0),
  `claimed_by` text NOT NULL DEFAULT (''),
  `claimed_until` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "supply_policies_provider_id_key" to table: "supply_policies"
CREATE UNIQUE INDEX `supply_policies_provider_id_key` ON `supply_policies` (`provider_id`);
-- create "supply_proposals" table
CREATE TABLE `supply_proposals` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `provider_sku` text NOT NULL,
  `name` text NOT NULL DEFAULT (''),
  `category` text NOT NULL DEFAULT (''),
  `cost_micros` integer NOT NULL DEFAULT (0),
  `currency` text NOT NULL DEFAULT (''),
  `stock` integer NOT NULL DEFAULT (0),
  `available` bool NOT NULL DEFAULT (true),
  `status` text NOT NULL DEFAULT ('open'),
  `note` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "supplyproposal_provider_id_provider_sku" to table: "supply_proposals"
CREATE UNIQUE INDEX `supplyproposal_provider_id_provider_sku` ON `supply_proposals` (`provider_id`, `provider_sku`);
-- create index "supplyproposal_status_id" to table: "supply_proposals"
CREATE INDEX `supplyproposal_status_id` ON `supply_proposals` (`status`, `id`);
-- create "supply_syncs" table
CREATE TABLE `supply_syncs` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `status` text NOT NULL,
  `reason` text NOT NULL DEFAULT (''),
  `asked_by` text NOT NULL DEFAULT (''),
  `decided_by` text NOT NULL DEFAULT (''),
  `listed` integer NOT NULL DEFAULT (0),
  `proposed` integer NOT NULL DEFAULT (0),
  `changes` integer NOT NULL DEFAULT (0),
  `skipped` integer NOT NULL DEFAULT (0),
  `times` integer NOT NULL DEFAULT (1),
  `ended_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "supplysync_provider_id_id" to table: "supply_syncs"
CREATE INDEX `supplysync_provider_id_id` ON `supply_syncs` (`provider_id`, `id`);
-- create index "supplysync_status_id" to table: "supply_syncs"
CREATE INDEX `supplysync_status_id` ON `supply_syncs` (`status`, `id`) WHERE status IN ('held', 'applying', 'planning');

-- +goose Down
-- reverse: create index "supplysync_status_id" to table: "supply_syncs"
DROP INDEX `supplysync_status_id`;
-- reverse: create index "supplysync_provider_id_id" to table: "supply_syncs"
DROP INDEX `supplysync_provider_id_id`;
-- reverse: create "supply_syncs" table
DROP TABLE `supply_syncs`;
-- reverse: create index "supplyproposal_status_id" to table: "supply_proposals"
DROP INDEX `supplyproposal_status_id`;
-- reverse: create index "supplyproposal_provider_id_provider_sku" to table: "supply_proposals"
DROP INDEX `supplyproposal_provider_id_provider_sku`;
-- reverse: create "supply_proposals" table
DROP TABLE `supply_proposals`;
-- reverse: create index "supply_policies_provider_id_key" to table: "supply_policies"
DROP INDEX `supply_policies_provider_id_key`;
-- reverse: create "supply_policies" table
DROP TABLE `supply_policies`;
-- reverse: create index "supplychange_sync_id_id" to table: "supply_changes"
DROP INDEX `supplychange_sync_id_id`;
-- reverse: create "supply_changes" table
DROP TABLE `supply_changes`;
-- reverse: add columns "price_locked", "state_locked" and "off_by_sync" to table: "offers"
ALTER TABLE `offers` DROP COLUMN `off_by_sync`;
ALTER TABLE `offers` DROP COLUMN `state_locked`;
ALTER TABLE `offers` DROP COLUMN `price_locked`;
