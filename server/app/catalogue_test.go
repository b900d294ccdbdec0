package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestDemoCatalogue reads what each merchant is offered.
func TestDemoCatalogue(t *testing.T) {
	want := map[string][]string{
		thb: {
			`1 EMAIL_BASIC email-basic "Outlook e-mail, basic" hotmail-outlook THB 10.20 stock 5000 format user|pass|2fa`,
			`2 DIAMOND_100 diamond-100 "100 Diamonds" game-topup THB 100.00 stock 1000000 format `,
			`3 DIAMOND_500 diamond-500 "500 Diamonds" game-topup THB 450.00 stock 1000000 format `,
			`4 DIAMOND_FAIL diamond-fail "Diamonds that never arrive" game-topup THB 100.00 stock 1000000 format `,
			`5 DIAMOND_PARTIAL diamond-partial "Diamonds that partly arrive" game-topup THB 100.00 stock 1000000 format `,
			`6 DIAMOND_SLOW diamond-slow "Diamonds that take their time" game-topup THB 100.00 stock 1000000 format `,
			`7 DIAMOND_FAILOVER diamond-failover "Diamonds from two suppliers" game-topup THB 100.00 stock 1000000 format `,
			`315 EMAIL_2FA email-2fa "Outlook e-mail with 2FA" hotmail-outlook THB 51.00 stock 500 format ` +
				`user|pass|2fa|recovery_email`,
			`316 EMAIL_RARE email-rare "Outlook e-mail, aged" hotmail-outlook THB 120.00 stock 3 format user|pass|2fa`,
			`317 EMAIL_GONE email-gone "Outlook e-mail, sold out" hotmail-outlook THB 30.00 stock 0 format user|pass|2fa`,
		},
		lira: {
			`401 GOLD_10 gold-10 "10 Gold bars" gold TRY 19.90 stock 1000000 format `,
			`402 EPIN_25 epin-25 "25 TRY e-pin" epin TRY 25.00 stock 1000 format code`,
			`403 EPIN_GONE epin-gone "50 TRY e-pin" epin TRY 50.00 stock 0 format code`,
			`404 GOLD_SLOW gold-slow "Gold bars that take their time" gold TRY 19.90 stock 1000000 format `,
			`405 GOLD_FAIL gold-fail "Gold bars that never arrive" gold TRY 15.00 stock 1000000 format `,
		},
		won: {
			`501 PARK_DAY park-day "Theme park day ticket" day-ticket KRW 2222 stock 1000000 format `,
			`502 PARK_FEW park-few "Theme park evening ticket" day-ticket KRW 1500 stock 1000000 format `,
			`503 PARK_NO park-no "Theme park, supplier rejects" day-ticket KRW 1000 stock 1000000 format `,
		},
	}
	categories := `1 hotmail-outlook "Hotmail - Outlook", 2 game-topup "Game top-up", 3 gold "Game gold", 4 epin ` +
		`"E-pin", 5 day-ticket "Day tickets"`

	h := startDemo(t, sqliteConfig(t))
	for key, products := range want {
		got := h.products(key)
		if strings.Join(got, "\n") != strings.Join(products, "\n") {
			t.Errorf("products of %s:\n%s\nwant:\n%s", key, strings.Join(got, "\n"), strings.Join(products, "\n"))
		}
	}
	var list struct {
		Categories []struct{ ID, Slug, Name string } `json:"categories"`
	}
	h.call(http.MethodGet, thb, "/hub/v1/categories", nil, &list)
	var got []string
	for _, c := range list.Categories {
		got = append(got, fmt.Sprintf("%s %s %q", c.ID, c.Slug, c.Name))
	}
	if strings.Join(got, ", ") != categories {
		t.Errorf("categories are %s, want %s", strings.Join(got, ", "), categories)
	}
	for _, name := range []string{"402", "EPIN_25", "epin-25"} {
		if status := h.call(http.MethodGet, lira, "/hub/v1/products/"+name, nil, nil); status != http.StatusOK {
			t.Errorf("GET product %s: %d", name, status)
		}
		if status := h.call(http.MethodGet, thb, "/hub/v1/products/"+name, nil, nil); status != http.StatusNotFound {
			t.Errorf("GET product %s in another currency: %d, want 404", name, status)
		}
	}
}

// products reads the list in pages.
func (h *hub) products(key string) []string {
	h.tb.Helper()
	var all []string
	for token := ""; ; {
		var page struct {
			Products []struct {
				ID, SKU, Slug, Name, Currency, Price, Format string

				Category struct{ Slug string }
				Stock    int
			}
			NextPageToken string
		}
		if status := h.call(
			http.MethodGet, key, "/hub/v1/products?pageSize=4&pageToken="+token, nil, &page,
		); status != http.StatusOK {
			h.tb.Fatalf("GET products: %d", status)
		}
		for _, p := range page.Products {
			all = append(all, fmt.Sprintf("%s %s %s %q %s %s %s stock %d format %s",
				p.ID, p.SKU, p.Slug, p.Name, p.Category.Slug, p.Currency, p.Price, p.Stock, p.Format))
		}
		if token = page.NextPageToken; token == "" {
			return all
		}
	}
}
