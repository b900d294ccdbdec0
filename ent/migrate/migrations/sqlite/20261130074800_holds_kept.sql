-- +goose Up
-- add column "hold_number" to table: "transfers"
ALTER TABLE `transfers` ADD COLUMN `hold_number` text NULL;
-- drop index "holds_open" from table: "holds"
DROP INDEX `holds_open`;
-- create index "holds_open_reference" to table: "holds"
CREATE INDEX `holds_open_reference` ON `holds` (`merchant_id`, `reference`) WHERE status = 'held';
-- create index "holds_open_id" to table: "holds"
CREATE INDEX `holds_open_id` ON `holds` (`id`) WHERE status = 'held';
-- of holds from before there was the column; no version that was released has any
UPDATE `transfers` SET `hold_number` = (SELECT h.`number` FROM `holds` h WHERE h.`id` = `transfers`.`hold_id`)
  WHERE `hold_id` IN (SELECT `id` FROM `holds`);

-- +goose Down
-- reverse: create index "holds_open_id" to table: "holds"
DROP INDEX `holds_open_id`;
-- reverse: create index "holds_open_reference" to table: "holds"
DROP INDEX `holds_open_reference`;
-- reverse: drop index "holds_open" from table: "holds"
CREATE INDEX `holds_open` ON `holds` (`merchant_id`) WHERE status = 'held';
-- reverse: add column "hold_number" to table: "transfers"
ALTER TABLE `transfers` DROP COLUMN `hold_number`;
