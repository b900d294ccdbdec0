package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/reseal"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// private is part of whatever a customer or a merchant would not like to see in a copy of the database.
const private = "SECRET-TOKEN"

// confide makes an order, an endpoint and settings that hold private, and returns the draft and the order.
func confide(t *testing.T, w *storetest.World) (account.Merchant, *order.Draft, *order.Order) {
	t.Helper()
	ctx := t.Context()
	w.Stocked("CODE", 10, 3)
	m := w.Merchant("shop", 1000)
	address := "https://shop.example/" + private
	settings := account.Settings{StoreName: "Shop", CallbackURL: address, BillingAddresses: privateAddresses()}
	email := private + "@shop.example"
	_, err := w.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Settings: &settings, Email: &email})
	require.NoError(t, err)
	_, err = w.Store.Endpoints.CreateEndpoint(ctx, webhook.Endpoint{
		MerchantID: m.ID, URL: address, Format: webhook.FormatStandard, Status: webhook.StatusActive,
	}, "whsec_one", 5)
	require.NoError(t, err)
	draft := privateDraft(m)
	placement, err := w.Orders.Create(ctx, draft)
	require.NoError(t, err)
	w.Tell(w.Fanout(func(...string) {}))
	return m, draft, placement.Order
}

func privateAddresses() []account.BillingAddress {
	return []account.BillingAddress{{ID: 7, Name: private + " Ltd"}, {ID: 9, Name: "Mr " + private}}
}

func privateDraft(m account.Merchant) *order.Draft {
	draft := storetest.Draft(m, "ref-1", "CODE", 1)
	draft.Recipient = order.Recipient{
		UserID: private + "-user", ServerID: private + "-server", CharacterID: private + "-character",
	}
	draft.NotifyURL = "https://shop.example/notify/" + private
	draft.Metadata = map[string]string{"customer": private}
	draft.Lines[0].DoorState = private + "-state"
	return draft
}

// TestNothingPersonalInTheClear reads every column of every table.
func TestNothingPersonalInTheClear(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, draft, placed := confide(t, w)
		require.Empty(t, tablesWith(t, w.Store, private))

		o, err := w.Orders.Get(t.Context(), order.ByMerchant(m.ID), placed.Number)
		require.NoError(t, err)
		require.Equal(t, draft.Recipient, o.Recipient)
		require.Equal(t, draft.NotifyURL, o.NotifyURL)
		require.Equal(t, draft.Metadata, o.Metadata)
		require.Equal(t, draft.Lines[0].DoorState, o.Lines[0].DoorState)
		require.NoError(t, w.Store.Orders.SetDoorState(t.Context(), m.ID, o.Lines[0].ID, private+"-later"))
		require.Empty(t, tablesWith(t, w.Store, private))
		o, err = w.Orders.Get(t.Context(), order.ByMerchant(m.ID), placed.Number)
		require.NoError(t, err)
		require.Equal(t, private+"-later", o.Lines[0].DoorState)

		requireTold(t, w, m)
		db := w.Store.WriteDB
		hash := draft.Fingerprint()
		var known int
		require.NoError(
			t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM orders WHERE fingerprint = $1`, hash[:]).
				Scan(&known),
		)
		require.Zero(t, known, "who guesses a request can tell that it was made")
	})
}

// requireTold has both deliveries of the merchant's first event posted to the right addresses.
func requireTold(t *testing.T, w *storetest.World, m account.Merchant) {
	t.Helper()
	lanes, err := w.Store.Deliveries.DueLanes(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	var addresses []string
	for _, lane := range lanes {
		due, err := w.Store.Deliveries.ClaimDeliveries(
			t.Context(), []webhook.Claim{{Lane: lane, Most: 10, Until: time.Now().Add(time.Minute)}},
		)
		require.NoError(t, err)
		for _, d := range due[0] {
			addresses = append(addresses, d.Endpoint.URL)
		}
	}
	require.Contains(t, addresses, "https://shop.example/"+private)
	require.Contains(t, addresses, "https://shop.example/notify/"+private)
	merchant, err := w.Accounts.Merchant(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, "https://shop.example/"+private, merchant.Settings.CallbackURL)
	requireConfided(t, w, m)
}

// requireConfided finds the merchant by its address, and has its billing addresses by name.
func requireConfided(t *testing.T, w *storetest.World, m account.Merchant) {
	t.Helper()
	found, _, err := w.Store.Accounts.MerchantByEmail(t.Context(), private+"@Shop.Example")
	require.NoError(t, err)
	require.Equal(t, m.ID, found.ID)
	require.Equal(t, strings.ToLower(private)+"@shop.example", found.Email)
	require.Equal(t, privateAddresses(), found.Settings.BillingAddresses)
}

// tablesWith are the columns with a text somewhere in them, in any letter case.
func tablesWith(t *testing.T, s *stores.All, text string) (found []string) {
	t.Helper()
	db := s.WriteDB
	for _, table := range tablesOf(t, db, s.Dialect()) {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		defer rows.Close()
		columns, err := rows.Columns()
		require.NoError(t, err)
		values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			require.NoError(t, rows.Scan(into...))
			for i, value := range values {
				if name := table + "." + columns[i]; contains(value, text) && !slices.Contains(found, name) {
					found = append(found, name)
				}
			}
		}
		require.NoError(t, rows.Err())
	}
	return found
}

func contains(value []byte, text string) bool {
	return bytes.Contains(bytes.ToLower(value), []byte(strings.ToLower(text)))
}

func tablesOf(t *testing.T, db *sql.DB, dialect string) (tables []string) {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if dialect == "postgres" {
		list = `SELECT table_name FROM information_schema.tables 
			WHERE table_schema = current_schema() AND table_type = ` +
			`'BASE TABLE'`
	}
	rows, err := db.QueryContext(t.Context(), list)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	require.Greater(t, len(tables), 10)
	return tables
}

// TestResealPersonal takes over a database of the version before, which reads what it wrote until it is resealed.
func TestResealPersonal(t *testing.T) {
	t.Cleanup(store.HurrySealing())
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		require.NoError(t, w.Store.Sealing.SealAsBefore(ctx))
		m, draft, placed := confide(t, w)
		before := []string{
			"merchants.email", "merchants.settings", "order_lines.door_state", "orders.metadata", "orders.notify_url",
			"orders.recipient_character_id",
			"orders.recipient_server_id", "orders.recipient_user_id", "webhook_deliveries.url", "webhook_endpoints.url",
		}
		require.ElementsMatch(t, before, tablesWith(t, w.Store, private), "what the version before reads")
		requireSame(t, w, draft, placed)
		requireConfided(t, w, m)
		storetest.RequireClean(t, w.Store)

		dry, err := w.Store.Reseal.Reseal(ctx, true, func(reseal.Resealed) {})
		require.NoError(t, err)
		require.EqualValues(
			t, 8, storetest.Total(dry, func(c reseal.Resealed) int64 { return c.Clear }),
			"an order, its line, an endpoint, two deliveries, a merchant's three",
		)
		require.False(t, w.Store.Vault.SealsPersonal())

		done, err := w.Store.Reseal.Reseal(ctx, false, func(reseal.Resealed) {
			requireConfided(t, w, m)
			storetest.RequireClean(t, w.Store)
		})
		require.NoError(t, err)
		require.EqualValues(t, 8, storetest.Total(done, func(c reseal.Resealed) int64 { return c.Replaced }))
		require.True(t, w.Store.Vault.SealsPersonal())
		require.Empty(t, tablesWith(t, w.Store, private))
		requireSame(t, w, draft, placed)
		requireTold(t, w, m)
		again, err := w.Store.Reseal.Reseal(ctx, false, func(reseal.Resealed) {})
		require.NoError(t, err)
		require.Zero(t, storetest.Total(again, func(c reseal.Resealed) int64 {
			return c.Replaced + c.Clear +
				c.Broken
		}))
		storetest.RequireClean(t, w.Store)
	})
}

// requireSame knows a repeat of the draft by its fingerprint, and another request with its reference.
func requireSame(t *testing.T, w *storetest.World, draft *order.Draft, placed *order.Order) {
	t.Helper()
	again, err := w.Orders.Create(t.Context(), draft)
	require.NoError(t, err)
	require.Equal(t, placed.Number, again.Order.Number)
	require.Equal(t, draft.Recipient, again.Order.Recipient)
	require.Equal(t, draft.Metadata, again.Order.Metadata)
	other := *draft
	other.Recipient.UserID = "another"
	_, err = w.Orders.Create(t.Context(), &other)
	var reused *order.DuplicateReferenceError
	require.ErrorAs(t, err, &reused)
}

// A hold of before keeps the customer's data when it becomes an order after a reseal, also after the next one.
func TestHoldAcrossAReseal(t *testing.T) {
	t.Cleanup(store.HurrySealing())
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		require.NoError(t, w.Store.Sealing.SealAsBefore(ctx))
		w.Stocked("CODE", 10, 3)
		m := w.Merchant("shop", 1000)
		draft := storetest.Draft(m, "r", "CODE", 1)
		draft.Recipient.UserID = private
		held, err := w.Orders.Hold(ctx, draft, 0)
		require.NoError(t, err)
		sealAnew := func() {
			_, err := w.Store.Reseal.Reseal(ctx, false, func(reseal.Resealed) {})
			require.NoError(t, err)
		}
		inClear := func() (n int) {
			require.NoError(t, w.Store.WriteDB.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM holds
				WHERE length(fingerprint) = 32) + (SELECT count(*) FROM orders WHERE length(fingerprint) = 32)`).
				Scan(&n))
			return n
		}
		require.Equal(t, 1, inClear())
		sealAnew()
		require.Zero(t, inClear())
		hash := draft.Fingerprint() // as a process writes it that has not heard of the reseal
		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE holds SET fingerprint = $1`, hash[:])
		require.NoError(t, err)
		confirmed, err := w.Orders.Confirm(ctx, m.ID, held.Hold.Number)
		require.NoError(t, err)
		for _, of := range []string{"as it was placed", "as before"} {
			sealAnew()
			require.Zero(t, inClear(), of)
			o, err := w.Orders.Get(ctx, order.ByMerchant(m.ID), confirmed.Order.Number)
			require.NoError(t, err)
			require.Equal(t, private, o.Recipient.UserID, of)
			_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE orders SET fingerprint = $1`, hash[:])
			require.NoError(t, err)
		}
		sealAnew()
		placed, err := w.Orders.Create(ctx, draft)
		require.NoError(t, err)
		require.Equal(t, private, placed.Order.Recipient.UserID)
	})
}

// TestSealingIsFollowed raises the level in one process and waits for the other.
func TestSealingIsFollowed(t *testing.T) {
	t.Cleanup(store.HurrySealing())
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		first := open()
		require.NoError(t, first.Sealing.SealAsBefore(t.Context()))
		second := open()
		require.False(t, second.Vault.SealsPersonal())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		followed := make(chan struct{})
		go func() { defer close(followed); second.Sealing.Follow(ctx) }()
		_, err := first.Reseal.Reseal(t.Context(), false, func(reseal.Resealed) {})
		require.NoError(t, err)
		<-followed
		require.NoError(t, ctx.Err(), "it follows until there is nothing left to raise")
		require.True(t, second.Vault.SealsPersonal())
	})
}

// TestUnboundValuesEnd puts a value of the version that did not bind values to rows back after a reseal.
func TestUnboundValuesEnd(t *testing.T) {
	t.Cleanup(store.HurrySealing())
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		require.NoError(t, w.Store.Sealing.SealAsBefore(ctx))
		w.Stocked("CODE", 10, 3)
		m := w.Merchant("shop", 1000)
		old := storetest.SealVersion1(t, "CODE-OLD", "unit")
		replay := func() {
			db := w.Store.WriteDB
			_, err := db.ExecContext(
				ctx, `UPDATE units SET content = $1 WHERE id = (SELECT min(id) FROM units WHERE status = 'available')`,
				old,
			)
			require.NoError(t, err)
		}
		replay()
		placed, err := w.Orders.Create(ctx, storetest.Draft(m, "before", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, "CODE-OLD", placed.Order.Lines[0].Goods[0].Content)
		_, err = w.Store.Reseal.Reseal(ctx, false, func(reseal.Resealed) {})
		require.NoError(t, err)
		_, err = w.Orders.Get(ctx, order.ByMerchant(m.ID), placed.Order.Number)
		require.NoError(t, err, "it was sealed anew")
		replay()
		after, err := w.Orders.Create(ctx, storetest.Draft(m, "after", "CODE", 1))
		require.NoError(t, err)
		require.Equal(
			t, []string{"CODE-3"}, storetest.Contents(after.Order.Lines[0]),
			"the value that was put back is sold to nobody",
		)
		require.EqualValues(t, 1, w.Store.Vault.Unreadable())
	})
}

// TestRecipientReachesTheProvider buys for a sealed recipient.
func TestRecipientReachesTheProvider(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		t.Run(fmt.Sprintf("sealed=%t", sealed), func(t *testing.T) {
			storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
				ctx := t.Context()
				if !sealed {
					require.NoError(t, w.Store.Sealing.SealAsBefore(ctx))
				}
				w.Simulated("TOPUP", 10, sim.Script{})
				m := w.Merchant("shop", 1000)
				draft := storetest.Draft(m, "ref-1", "TOPUP", 1)
				draft.Recipient = order.Recipient{UserID: "player-7", ServerID: "s-1"}
				placement, err := w.Orders.Create(ctx, draft)
				require.NoError(t, err)
				_, err = w.Engine.Route(ctx, []int64{placement.Order.ID})
				require.NoError(t, err)
				db := w.Store.WriteDB
				var attempt int64
				require.NoError(t, db.QueryRowContext(ctx, `SELECT id FROM attempts`).Scan(&attempt))
				steps, err := w.Store.Attempts.Steps(ctx, []int64{attempt})
				require.NoError(t, err)
				require.Len(t, steps, 1)
				require.Equal(t, "player-7", steps[0].Purchase.Recipient.UserID)
				require.Equal(t, "s-1", steps[0].Purchase.Recipient.ServerID)
				require.Equal(t, !sealed, strings.Contains(strings.Join(tablesWith(t, w.Store, "player-7"), " "),
					"orders"))
			})
		})
	}
}
