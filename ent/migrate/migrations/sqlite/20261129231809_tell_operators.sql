-- +goose Up
-- add column "told" to table: "operator_events"
ALTER TABLE `operator_events` ADD COLUMN `told` bool NOT NULL DEFAULT (true);
-- create index "operator_events_untold" to table: "operator_events"
CREATE INDEX `operator_events_untold` ON `operator_events` (`id`) WHERE NOT told;
-- create index "purchase_state_id" to table: "purchases"
CREATE INDEX `purchase_state_id` ON `purchases` (`state`, `id`);
-- create "line_passes" table
CREATE TABLE `line_passes` (
  `id` integer NOT NULL,
  `order_id` integer NOT NULL,
  `reasons` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "linepass_order_id" to table: "line_passes"
CREATE INDEX `linepass_order_id` ON `line_passes` (`order_id`);

-- +goose Down
-- reverse: create index "linepass_order_id" to table: "line_passes"
DROP INDEX `linepass_order_id`;
-- reverse: create "line_passes" table
DROP TABLE `line_passes`;
-- reverse: create index "purchase_state_id" to table: "purchases"
DROP INDEX `purchase_state_id`;
-- reverse: create index "operator_events_untold" to table: "operator_events"
DROP INDEX `operator_events_untold`;
-- reverse: add column "told" to table: "operator_events"
ALTER TABLE `operator_events` DROP COLUMN `told`;
