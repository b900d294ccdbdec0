-- +goose Up
-- create "webhook_lanes" table
CREATE TABLE `webhook_lanes` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `failures` integer NOT NULL DEFAULT (0),
  `left_alone_until` datetime NOT NULL,
  `holder` text NOT NULL DEFAULT (''),
  `held_until` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "webhook_lanes_name_key" to table: "webhook_lanes"
CREATE UNIQUE INDEX `webhook_lanes_name_key` ON `webhook_lanes` (`name`);
-- create index "webhooklane_updated_at" to table: "webhook_lanes"
CREATE INDEX `webhooklane_updated_at` ON `webhook_lanes` (`updated_at`);

-- +goose Down
-- reverse: create index "webhooklane_updated_at" to table: "webhook_lanes"
DROP INDEX `webhooklane_updated_at`;
-- reverse: create index "webhook_lanes_name_key" to table: "webhook_lanes"
DROP INDEX `webhook_lanes_name_key`;
-- reverse: create "webhook_lanes" table
DROP TABLE `webhook_lanes`;
