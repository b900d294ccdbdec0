package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"orderhub/server/secret"
)

// sealedColumn is a column with sealed values. Each is bound to the table, the column and its row.
type sealedColumn struct {
	table, column string
	key           string // of the value within a column that is JSON; there it is base64
	row           string // what the value is bound to, where that is not the row's id
	purpose       string // what version 1 sealed its values for; "" where it sealed none
}

// sharedBodyRow is the expression for what bodyKey.at binds to.
const sharedBodyRow = "CAST(event_id AS text) || ':' || format || ':' || CAST(line_id AS text)"

// Whatever is sealed at rest stands in one of these, but for the check values of the keys.
var (
	unitContents        = &sealedColumn{table: "units", column: "content", purpose: "unit"}
	orderPrivates       = &sealedColumn{table: "orders", column: "private", purpose: "order private"}
	orderPersonal       = &sealedColumn{table: "orders", column: "personal"}
	lineFields          = &sealedColumn{table: "order_lines", column: "private", purpose: "line fields"}
	lineDoorStates      = &sealedColumn{table: "order_lines", column: "sealed_door_state"}
	heldGoods           = &sealedColumn{table: "attempts", column: "held", purpose: "held goods"}
	providerCredentials = &sealedColumn{table: "providers", column: "credentials", purpose: "provider credentials"}
	callbackKeys        = &sealedColumn{
		table: "merchants", column: "settings", key: "callbackKey", purpose: "callback key",
	}
	callbackURLs    = &sealedColumn{table: "merchants", column: "settings", key: "sealedCallbackUrl"}
	billingNames    = &sealedColumn{table: "merchants", column: "settings", key: "sealedBillingNames"}
	sealedEmails    = &sealedColumn{table: "merchants", column: "sealed_email"}
	endpointURLs    = &sealedColumn{table: "webhook_endpoints", column: "sealed_url"}
	endpointSecrets = &sealedColumn{table: "webhook_endpoints", column: "secret", purpose: "webhook secret"}
	previousSecrets = &sealedColumn{table: "webhook_endpoints", column: "previous_secret", purpose: "webhook secret"}
	formerSecrets   = &sealedColumn{table: "webhook_endpoints", column: "previous_secrets", purpose: "webhook secret"}
	deliveryURLs    = &sealedColumn{table: "webhook_deliveries", column: "sealed_url", row: "message_id"}
	deliveryBodies  = &sealedColumn{
		table: "webhook_deliveries", column: "payload", row: "message_id", purpose: "webhook payload",
	}
	sharedBodies = &sealedColumn{
		table: "webhook_bodies", column: "payload", row: sharedBodyRow, purpose: "webhook payload",
	}

	sealedColumns = []*sealedColumn{
		unitContents, orderPrivates, orderPersonal, lineFields, lineDoorStates, heldGoods, providerCredentials, callbackKeys,
		callbackURLs, billingNames, sealedEmails,
		endpointURLs, endpointSecrets, previousSecrets, formerSecrets, deliveryURLs, deliveryBodies, sharedBodies,
	}
)

// at is where the value of a row stands.
func (c *sealedColumn) at(id int64) secret.Place { return c.atRow(strconv.FormatInt(id, 10)) }

// atRow is at for a column whose values are bound to something else than the id.
func (c *sealedColumn) atRow(row string) secret.Place {
	column := c.column
	if c.key != "" {
		column += "." + c.key
	}
	return secret.Place{Table: c.table, Column: column, Row: row, Purpose: c.purpose}
}

// value is the expression for the sealed value, NULL or empty where nothing is sealed.
func (c *sealedColumn) value() string {
	if c.key == "" {
		return c.column
	}
	return fmt.Sprintf("%s ->> '%s'", c.column, c.key)
}

// boundTo is the expression for what the value is bound to.
func (c *sealedColumn) boundTo() string {
	if c.row != "" {
		return c.row
	}
	return "CAST(id AS text)"
}

// sealedValue is a value as it was read.
type sealedValue struct {
	id     int64
	at     secret.Place
	sealed []byte
}

func (c *sealedColumn) scan(row scanner) (v sealedValue, err error) {
	var boundTo string
	if err := row.Scan(&v.id, &boundTo, &v.sealed); err != nil {
		return v, err
	}
	v.at = c.atRow(boundTo)
	if c.key == "" {
		return v, nil
	}
	if v.sealed, err = base64.StdEncoding.DecodeString(string(v.sealed)); err != nil {
		return v, fmt.Errorf("%s %d: %s is no base64", c.table, v.id, c.key)
	}
	return v, nil
}

// sampledRows is how many rows are searched for a sample, from either end: a table may be long and seldom sealed.
const sampledRows = 1000

// samples are the first and the last sealed value, where they are near the ends.
func (c *sealedColumn) samples(ctx context.Context, db rowsQueryer) (samples []sealedValue, err error) {
	for _, direction := range []string{"ASC", "DESC"} {
		found, err := c.query(ctx, db, fmt.Sprintf(`SELECT id, bound_to, sealed
			FROM (SELECT id, %s AS bound_to, %s AS sealed FROM %s ORDER BY id %s LIMIT %d) AS ends
			WHERE length(sealed) > 0 ORDER BY id %s LIMIT 1`, c.boundTo(), c.value(), c.table, direction, sampledRows,
			direction))
		if err != nil {
			return nil, err
		}
		samples = append(samples, found...)
	}
	return samples, nil
}

func (c *sealedColumn) query(ctx context.Context, db rowsQueryer, text string, args ...any) (
	values []sealedValue, err error,
) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := c.scan(rows)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}
