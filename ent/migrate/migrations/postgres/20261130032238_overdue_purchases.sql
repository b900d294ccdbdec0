-- +goose Up
-- modify "attempts" table
ALTER TABLE "attempts" ADD COLUMN "overdue_at" timestamptz NULL;
-- modify "purchases" table
ALTER TABLE "purchases" ADD COLUMN "deliver_by" timestamptz NULL;

-- +goose Down
-- reverse: modify "purchases" table
ALTER TABLE "purchases" DROP COLUMN "deliver_by";
-- reverse: modify "attempts" table
ALTER TABLE "attempts" DROP COLUMN "overdue_at";
