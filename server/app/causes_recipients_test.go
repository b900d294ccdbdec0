package app_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/demo"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// What is sold for the causes about recipients: CHECKED from a provider that knows who exists, UNTOLD from one that
// cannot be reached.
const (
	checkedDay, untoldDay = "71717171-7171-4171-8171-717171717171", "72727272-7272-4272-8272-727272727272"
	nobodysField          = `"representative":{"additional":{"passport":"nobody"},`
)

func recipientCauses() []cause {
	axOrder := func(reference, mapping string) request {
		r := axOrderOf(reference, mapping, parkDayOption, "1")
		r.body = strings.Replace(r.body, `"representative":{`, nobodysField, 1)
		return r
	}
	bursaOrder := func(reference, product string) request {
		r := bursaOrderOf(reference, product, "1")
		r.body = strings.Replace(
			r.body, `"Quantity":1`, `"Quantity":1,"RequireData":[{"ProductRequireID":1,"Value":"nobody"}]`, 1,
		)
		return r
	}
	return []cause{
		{
			"recipient not found", "The product wants its recipient checked, and the check said that there is none. " +
				"At partners' doors the hub has just asked.",
			map[string]request{
				"gRPC":   prepared(grpcOrder("c22", "CHECKED", "1"), checkNobody),
				"REST":   prepared(restOrder("c22", "CHECKED", "1"), checkNobody),
				"GameSO": gamesoOrderOf("c22", "CHECKED", "1"), "BursaGB": bursaOrder("c22", "71"),
				"AX Cloud": axOrder("c22", checkedDay),
			},
		},
		{
			"recipient not checked", "The product wants its recipient checked, and it was not, or not lately. " +
				"At partners' doors the hub has just asked, and nobody could tell; marketacc's orders name nobody to ask about.",
			map[string]request{
				"gRPC": grpcOrder("c23", "UNTOLD", "1"), "REST": restOrder("c23", "UNTOLD", "1"),
				"GameSO": gamesoOrderOf("c23", "UNTOLD", "1"), "BursaGB": bursaOrder("c23", "72"),
				"marketacc": prepared(request{}, func(h *hub, r *request) {
					*r = marketOrderOf("c23", strconv.FormatInt(h.Catalog.Snapshot().ProductBySKU("CHECKED").ID, 10), "1")
				}),
				"AX Cloud": axOrder("c23", untoldDay),
			},
		},
	}
}

// checkNobody names somebody whom the merchant has had checked, and who does not exist.
func checkNobody(h *hub, r *request) {
	r.body = strings.Replace(r.body, `"lines"`, `"recipient":{"userId":"nobody"},"lines"`, 1)
	var check struct{ Result string }
	status := h.call(http.MethodPost, demo.MerchantKey, "/hub/v1/recipients:check", map[string]any{
		"sku": "CHECKED", "recipient": map[string]string{"userId": "nobody"},
	}, &check)
	require.Equal(h.tb, http.StatusOK, status)
	require.Equal(h.tb, "RECIPIENT_RESULT_NOT_FOUND", check.Result)
}

// sellChecked sells what the causes about recipients order, at every door.
func sellChecked(t *testing.T, h *hub) {
	t.Helper()
	providers, err := h.Providers.List(t.Context())
	require.NoError(t, err)
	byName := make(map[string]fulfil.Provider)
	for _, p := range providers {
		byName[p.Name] = p
	}
	sell := func(sku string, currency money.Currency, provider string, field string) catalog.Product {
		t.Helper()
		p := catalog.Product{
			SKU: sku, Name: sku, Category: catalog.Category{ID: 2}, Currency: currency, Price: 10 * money.Unit,
			Source: catalog.SourceProvider, Dated: currency == "KRW", RecipientCheckWithin: time.Hour,
		}
		if field != "" {
			p.Fields = []catalog.Field{{Identifier: field}}
		}
		p, err := h.Catalog.CreateProduct(t.Context(), p)
		require.NoError(t, err)
		_, err = h.Providers.CreateOffer(t.Context(), &p, fulfil.Offer{
			ProductID: p.ID, ProviderID: byName[provider].ID, ProviderSKU: sku, Currency: currency, Status: fulfil.StatusActive,
		})
		require.NoError(t, err)
		return p
	}
	for i, name := range []string{"CHECKED", "UNTOLD"} {
		provider := []string{demo.SimulatorName, "sim-down"}[i]
		sell(name, "THB", provider, "")
		basket, day := sell(name+"_TRY", "TRY", provider, "userid"), sell(name+"_DAY", "KRW", provider, "passport")
		for _, l := range []catalog.Listing{
			{MerchantID: 5, ProductID: basket.ID, ExternalID: fmt.Sprint(71 + i)},
			{MerchantID: 6, ProductID: day.ID, ExternalID: []string{checkedDay, untoldDay}[i], ExternalOptionID: parkDayOption},
		} {
			_, err := h.Catalog.CreateListing(t.Context(), l)
			require.NoError(t, err)
		}
	}
}
