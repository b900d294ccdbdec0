-- +goose Up
-- create "refusals" table
CREATE TABLE `refusals` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `reference` text NOT NULL,
  `kind` text NOT NULL,
  `facts` json NOT NULL DEFAULT '{}',
  `refused_at` datetime NOT NULL
);
-- create index "refusal_merchant_id_reference" to table: "refusals"
CREATE UNIQUE INDEX `refusal_merchant_id_reference` ON `refusals` (`merchant_id`, `reference`);
-- create index "refusal_refused_at" to table: "refusals"
CREATE INDEX `refusal_refused_at` ON `refusals` (`refused_at`);

-- +goose Down
-- reverse: create index "refusal_refused_at" to table: "refusals"
DROP INDEX `refusal_refused_at`;
-- reverse: create index "refusal_merchant_id_reference" to table: "refusals"
DROP INDEX `refusal_merchant_id_reference`;
-- reverse: create "refusals" table
DROP TABLE `refusals`;
