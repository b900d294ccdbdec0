-- +goose Up
-- create "operator_events" table
CREATE TABLE `operator_events` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `provider_id` integer NULL,
  `product_id` integer NULL,
  `message` text NOT NULL,
  `data` text NOT NULL DEFAULT ('{}'),
  `created_at` datetime NOT NULL
);
-- create index "operatorevent_kind_id" to table: "operator_events"
CREATE INDEX `operatorevent_kind_id` ON `operator_events` (`kind`, `id`);
-- create index "operatorevent_provider_id_id" to table: "operator_events"
CREATE INDEX `operatorevent_provider_id_id` ON `operator_events` (`provider_id`, `id`);
-- create index "operatorevent_product_id_id" to table: "operator_events"
CREATE INDEX `operatorevent_product_id_id` ON `operator_events` (`product_id`, `id`);
-- create index "operatorevent_created_at" to table: "operator_events"
CREATE INDEX `operatorevent_created_at` ON `operator_events` (`created_at`);

-- +goose Down
-- reverse: create index "operatorevent_created_at" to table: "operator_events"
DROP INDEX `operatorevent_created_at`;
-- reverse: create index "operatorevent_product_id_id" to table: "operator_events"
DROP INDEX `operatorevent_product_id_id`;
-- reverse: create index "operatorevent_provider_id_id" to table: "operator_events"
DROP INDEX `operatorevent_provider_id_id`;
-- reverse: create index "operatorevent_kind_id" to table: "operator_events"
DROP INDEX `operatorevent_kind_id`;
-- reverse: create "operator_events" table
DROP TABLE `operator_events`;
