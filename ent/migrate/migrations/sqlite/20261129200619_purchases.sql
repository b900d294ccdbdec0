-- +goose Up
-- create "purchases" table
CREATE TABLE `purchases` (
  `id` integer NOT NULL,
  `provider_id` integer NOT NULL,
  `state` text NOT NULL DEFAULT ('waiting'),
  `taken_by` text NOT NULL DEFAULT (''),
  `taken_until` datetime NULL,
  `reason` text NOT NULL DEFAULT (''),
  `goods` blob NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "purchases_open" to table: "purchases"
CREATE INDEX `purchases_open` ON `purchases` (`id`) WHERE state IN ('waiting', 'taken');

-- +goose Down
-- reverse: create index "purchases_open" to table: "purchases"
DROP INDEX `purchases_open`;
-- reverse: create "purchases" table
DROP TABLE `purchases`;
