package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"orderhub/server/secret"
)

// SealedColumn is a column with sealed values. Each is bound to the table, the column and its row.
type SealedColumn struct {
	Table, Column string
	Key           string // of the value within a column that is JSON; there it is base64
	row           string // what the value is bound to, where that is not the row's id
	purpose       string // what version 1 sealed its values for; "" where it sealed none
}

// sharedBodyRow is the expression for what bodyKey.at binds to.
const sharedBodyRow = "CAST(event_id AS text) || ':' || format || ':' || CAST(line_id AS text)"

// Whatever is sealed at rest stands in one of these, but for the check values of the keys.
var (
	unitContents        = &SealedColumn{Table: "units", Column: "content", purpose: "unit"}
	orderPrivates       = &SealedColumn{Table: "orders", Column: "private", purpose: "order private"}
	OrderPersonal       = &SealedColumn{Table: "orders", Column: "personal"}
	lineFields          = &SealedColumn{Table: "order_lines", Column: "private", purpose: "line fields"}
	LineDoorStates      = &SealedColumn{Table: "order_lines", Column: "sealed_door_state"}
	heldGoods           = &SealedColumn{Table: "attempts", Column: "held", purpose: "held goods"}
	HoldDrafts          = &SealedColumn{Table: "holds", Column: "draft"}
	PurchaseGoods       = &SealedColumn{Table: "purchases", Column: "goods", purpose: "purchase goods"}
	ClaimWords          = &SealedColumn{Table: "claims", Column: "said"}
	ProviderCredentials = &SealedColumn{Table: "providers", Column: "credentials", purpose: "provider credentials"}
	CallbackKeys        = &SealedColumn{
		Table: "merchants", Column: "settings", Key: "callbackKey", purpose: "callback key",
	}
	CallbackURLs    = &SealedColumn{Table: "merchants", Column: "settings", Key: "sealedCallbackUrl"}
	BillingNames    = &SealedColumn{Table: "merchants", Column: "settings", Key: "sealedBillingNames"}
	SealedEmails    = &SealedColumn{Table: "merchants", Column: "sealed_email"}
	EndpointURLs    = &SealedColumn{Table: "webhook_endpoints", Column: "sealed_url"}
	EndpointSecrets = &SealedColumn{Table: "webhook_endpoints", Column: "secret", purpose: "webhook secret"}
	PreviousSecrets = &SealedColumn{Table: "webhook_endpoints", Column: "previous_secret", purpose: "webhook secret"}
	FormerSecrets   = &SealedColumn{Table: "webhook_endpoints", Column: "previous_secrets", purpose: "webhook secret"}
	DeliveryURLs    = &SealedColumn{Table: "webhook_deliveries", Column: "sealed_url", row: "message_id"}
	DeliveryBodies  = &SealedColumn{
		Table: "webhook_deliveries", Column: "payload", row: "message_id", purpose: "webhook payload",
	}
	SharedBodies = &SealedColumn{
		Table: "webhook_bodies", Column: "payload", row: sharedBodyRow, purpose: "webhook payload",
	}

	SecondFactors   = &SealedColumn{Table: "operators", Column: "second_factor"}
	ProposedFactors = &SealedColumn{Table: "operator_sessions", Column: "proposed_factor"}

	SealedColumns = []*SealedColumn{
		unitContents, orderPrivates, OrderPersonal, lineFields, LineDoorStates, heldGoods, HoldDrafts,
		PurchaseGoods, ClaimWords,
		ProviderCredentials,
		CallbackKeys, CallbackURLs, BillingNames, SealedEmails,
		EndpointURLs, EndpointSecrets, PreviousSecrets, FormerSecrets, DeliveryURLs, DeliveryBodies, SharedBodies,
		SecondFactors, ProposedFactors,
	}
)

// At is where the value of a row stands.
func (c *SealedColumn) At(id int64) secret.Place { return c.AtRow(strconv.FormatInt(id, 10)) }

// AtRow is at for a column whose values are bound to something else than the id.
func (c *SealedColumn) AtRow(row string) secret.Place {
	column := c.Column
	if c.Key != "" {
		column += "." + c.Key
	}
	return secret.Place{Table: c.Table, Column: column, Row: row, Purpose: c.purpose}
}

// Value is the expression for the sealed value, NULL or empty where nothing is sealed.
func (c *SealedColumn) Value() string {
	if c.Key == "" {
		return c.Column
	}
	return fmt.Sprintf("%s ->> '%s'", c.Column, c.Key)
}

// BoundTo is the expression for what the value is bound to.
func (c *SealedColumn) BoundTo() string {
	if c.row != "" {
		return c.row
	}
	return "CAST(id AS text)"
}

// SealedValue is a value as it was read.
type SealedValue struct {
	Id     int64
	At     secret.Place
	Sealed []byte
}

func (c *SealedColumn) scan(row Scanner) (v SealedValue, err error) {
	var boundTo string
	if err := row.Scan(&v.Id, &boundTo, &v.Sealed); err != nil {
		return v, err
	}
	v.At = c.AtRow(boundTo)
	if c.Key == "" {
		return v, nil
	}
	if v.Sealed, err = base64.StdEncoding.DecodeString(string(v.Sealed)); err != nil {
		return v, fmt.Errorf("%s %d: %s is no base64", c.Table, v.Id, c.Key)
	}
	return v, nil
}

// sampledRows is how many rows are searched for a sample, from either end: a table may be long and seldom sealed.
const sampledRows = 1000

// samples are the first and the last sealed value, where they are near the ends.
func (c *SealedColumn) samples(ctx context.Context, db rowsQueryer) (samples []SealedValue, err error) {
	for _, direction := range []string{"ASC", "DESC"} {
		found, err := c.Query(ctx, db, fmt.Sprintf(`SELECT id, bound_to, sealed
			FROM (SELECT id, %s AS bound_to, %s AS sealed FROM %s ORDER BY id %s LIMIT %d) AS ends
			WHERE length(sealed) > 0 ORDER BY id %s LIMIT 1`, c.BoundTo(), c.Value(), c.Table, direction, sampledRows,
			direction))
		if err != nil {
			return nil, err
		}
		samples = append(samples, found...)
	}
	return samples, nil
}

func (c *SealedColumn) Query(ctx context.Context, db rowsQueryer, text string, args ...any) (
	values []SealedValue, err error,
) {
	err = Rows(ctx, db, Append(&values, c.scan), text, args...)
	return values, err
}

// Encode is a sealed value as the column has it.
func (c *SealedColumn) Encode(sealed []byte) any {
	if c.Key == "" {
		return sealed
	}
	return base64.StdEncoding.EncodeToString(sealed)
}
