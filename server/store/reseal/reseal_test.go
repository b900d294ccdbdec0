package reseal_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"orderhub/server/account"
	"orderhub/server/secret"
	"orderhub/server/store/reseal"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// TestSealedValuesStayWhereTheyAre copies sealed values into other rows and columns, where they must not open.
func TestSealedValuesStayWhereTheyAre(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		w.Stocked("CODE", 10, 3)
		m := w.Merchant("shop", 1000)
		other := w.Merchant("other", 1000)
		for _, owner := range []account.Merchant{m, other} {
			key := "callback key of " + owner.Name
			if err := w.Store.Accounts.SetCredentials(ctx, owner.ID,
				account.Credentials{CallbackKey: &key}); err != nil {
				t.Fatal(err)
			}
		}
		endpoint, err := w.Store.Endpoints.CreateEndpoint(ctx, webhook.Endpoint{
			MerchantID: m.ID, URL: "https://shop.example/", Format: webhook.FormatStandard,
			Status: webhook.StatusActive,
		}, "whsec_one", 5)
		if err != nil {
			t.Fatal(err)
		}
		db := w.Store.WriteDB
		for _, move := range []string{
			`UPDATE units SET content = (SELECT content FROM units ORDER BY id DESC LIMIT 1)
				WHERE id = (SELECT min(id) FROM ` +
				`units)`,
			`UPDATE merchants SET settings = (SELECT settings FROM merchants WHERE name = 'other') WHERE name = 'shop'`,
			`UPDATE webhook_endpoints SET previous_secret = secret`,
		} {
			if _, err := db.ExecContext(ctx, move); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Store.Accounts.CallbackKey(ctx, m.ID); !errors.Is(err, secret.ErrCorrupt) {
			t.Errorf("another merchant's callback key: %v", err)
		}
		columns, err := w.Store.Reseal.Reseal(ctx, true, func(reseal.Resealed) {})
		if err != nil {
			t.Fatal(err)
		}
		broken := map[string]int64{}
		for _, c := range columns {
			if c.Broken > 0 {
				broken[c.Column] = c.Broken
			}
		}
		if len(broken) != 3 || broken["units.content"] != 1 || broken["merchants.settings.callbackKey"] != 1 ||
			broken["webhook_endpoints.previous_secret"] != 1 {
			t.Errorf(
				"moved values that do not open: %v; want one unit, one callback key and one previous secret of "+
					"endpoint %d", broken,
				endpoint.ID,
			)
		}
	})
}

func TestReseal(t *testing.T) {
	storetest.RunURL(t, checkReseal)
}

func checkReseal(t *testing.T, url string) {
	ctx := t.Context()
	own, fresh := storetest.SealingKey, secret.GenerateKey()
	s, _ := storetest.OpenWith(t, url, own)
	w := storetest.NewWorld(t, s, 1)
	product := w.Stocked("CODE", 10, 3)
	m := w.Merchant("shop", 1000)
	key := "a callback key"
	if err := s.Accounts.SetCredentials(ctx, m.ID, account.Credentials{CallbackKey: &key}); err != nil {
		t.Fatal(err)
	}
	email, settings := "m@shop.example",
		account.Settings{BillingAddresses: []account.BillingAddress{{ID: 7, Name: "Ltd"}}}
	change := account.MerchantChange{Email: &email, Settings: &settings}
	if _, err := s.Accounts.UpdateMerchant(ctx, m.ID, change); err != nil {
		t.Fatal(err)
	}
	db := s.WriteDB
	for n := 1; n <= 3; n++ { // as they were sealed before: the ids go with the numbers
		_, err := db.ExecContext(ctx, `UPDATE units SET content = $1 WHERE id = (SELECT min(id) FROM units) + $2`,
			storetest.SealVersion1(t, fmt.Sprint("CODE-", n), "unit"), n-1)
		if err != nil {
			t.Fatal(err)
		}
	}

	before, err := s.Reseal.Reseal(ctx, true, func(reseal.Resealed) {})
	if old := storetest.Total(before, func(c reseal.Resealed) int64 { return c.Old }); err != nil || old != 3 {
		t.Fatalf("dry run: %d old values, %v; want 3", old, err)
	}
	rotated, missing := storetest.OpenWith(t, url, fresh, own)
	if missing != "" {
		t.Fatalf("the key %s is missing", missing)
	}
	done, err := rotated.Reseal.Reseal(ctx, false, func(reseal.Resealed) {})
	replaced := storetest.Total(done, func(c reseal.Resealed) int64 { return c.Replaced })
	if err != nil || replaced != 6 {
		t.Fatalf("replaced %d, %v; want 3 units, a callback key, an e-mail address and billing names", replaced, err)
	}
	again, err := rotated.Reseal.Reseal(ctx, false, func(reseal.Resealed) {})
	if replaced := storetest.Total(again, func(c reseal.Resealed) int64 { return c.Replaced + c.Broken }); err != nil ||
		replaced != 0 {
		t.Errorf("a second time: %d, %v", replaced, err)
	}
	// The old key is not needed any more, for goods, for secrets or for finding repeated units.
	alone, missing := storetest.OpenWith(t, url, fresh)
	if missing != "" {
		t.Fatalf("the old key is still needed: %s is missing", missing)
	}
	if got, err := alone.Accounts.CallbackKey(ctx, m.ID); err != nil || got != key {
		t.Errorf("callback key %q, %v", got, err)
	}
	if found, _, err := alone.Accounts.MerchantByEmail(ctx, email); err != nil || found.Email != email ||
		!slices.Equal(found.Settings.BillingAddresses, settings.BillingAddresses) {
		t.Errorf("by its e-mail address: %+v, %v", found, err)
	}
	if report := storetest.TakeUnits(t, alone, product.ID, "CODE-1"); report.Count != 0 {
		t.Error("a known unit was taken again")
	}
	placed, err := storetest.NewWorld(t, alone, 1).Orders.Create(ctx, storetest.Draft(m, "r-1", "CODE", 1))
	if err != nil || placed.Order.Lines[0].Goods[0].Content != "CODE-1" {
		t.Errorf("placing with the new key: %v", err)
	}
}
