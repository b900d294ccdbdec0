package axcloud_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/door/doortest"
	"orderhub/server/money"
	"orderhub/server/order"
)

const channelID = 6

// Every documented create request gets its documented answer, byte for byte but
// for the codes that are made up.
func TestCreate(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		uuid := regexp.MustCompile(`"(?:ax_order_code|ticket_code|ax_ticket_code)":"([^"]*)"`)
		made := func(text string) (codes []string) {
			for _, match := range uuid.FindAllStringSubmatch(text, -1) {
				codes = append(codes, match[1])
			}
			return codes
		}
		for _, test := range []struct{ request, response string }{
			{"seed_create_order_request.json", "create_order_response_201_to_seed_request.json"},
			{"create_order_request.json", "create_order_response_201.json"},
			{"create_order_request_table_names.json", "create_order_response_201.json"}, // the same order again
			{"create_order_request_json_numbers.json", "create_order_response_201_json_numbers.json"},
			{"create_order_request_later_names.json", "create_order_response_201_later_names.json"},
			{"create_order_request_two_lines.json", "create_order_response_201_two_lines.json"},
		} {
			t.Run(test.request, func(t *testing.T) {
				c := c.in(t)
				got := c.create(request(t, test.request)).has(http.StatusCreated)
				wanted := compact(t, exampleCodes.Replace(read(t, test.response)))
				require.Equal(t, normalised(t, wanted, made(wanted)...), normalised(t, got.text, made(got.text)...))
				again := c.create(request(t, test.request)).has(http.StatusCreated)
				require.Equal(t, got.text, again.text)
			})
		}
		c.create(request(t, "create_order_request_required_only.json")).has(http.StatusCreated)

		count, err := h.Orders.Count(t.Context(), order.ByMerchant(channelID), order.Filter{Door: "axcloud"})
		require.NoError(t, err)
		require.EqualValues(t, 6, count)
		h.Settle(t)
		again := c.create(request(t, "create_order_request.json")).has(http.StatusCreated) // as it was at first
		require.NotContains(t, again.text, "Supplier confirm")

		o, err := h.Orders.GetByReference(t.Context(), channelID, "KT-20260418-000735")
		require.NoError(t, err)
		require.Equal(t, "2026-05-09", o.Lines[0].UseDate)
		require.Equal(t, 2*2222*money.Unit, o.Total)
		for _, kept := range []string{
			`"channel_code":"KT-20260418-000735-2"`, `"01055505678"`, `"18000.00000"`, `"inventory_at":"2026-05-09T00:00:00Z"`,
		} {
			require.Contains(t, string(o.Private), kept)
		}
		h.Verify(t)
	})
}

// The same code with the same content is the same order, in whatever words; with
// another content it is refused.
func TestReplay(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		seed := read(t, "seed_create_order_request.json")
		code, tickets := c.create(seed).codes()

		other := strings.NewReplacer(
			`"depth_combinations"`, `"options"`, `"dc_code"`, `"option_code"`, `"use_date": "2017-05-23 23:30:00"`,
			`"inventory_at": "2017-05-23T23:30:00Z"`,
			`"channel_order_code"`, `"channel_order_id"`, `"tickets"`, `"travelers"`, `2222`, `"2222.00000"`, `af01c7c4`,
			`AF01C7C4`,
		).Replace(seed)
		c.create(other).is(http.StatusCreated, fmt.Sprintf(`{"status_code": 201, "data": {
			"channel_order_code": "d96b3ed4-12c5-4fb5-ae22-4f39b11ee980", "channel_order_status": "Supplier pending",
			"options": [{"option_code": %q, "inventory_at": "2017-05-23T23:30:00Z", "ax_order_code": %q,
			"ax_order_status": "New", "quantity": 2,
				"tickets": [{"ax_ticket_code": %q, "ax_ticket_status": "New"}, {"ax_ticket_code": %q,
			"ax_ticket_status": "New"}]}]}}`,
			dayOption, code, tickets[0], tickets[1]))

		// Of this listing only what is remembered of the request tells that it is the same.
		listings, err := h.Catalog.ListListings(t.Context(), channelID, 0, 1)
		require.NoError(t, err)
		require.NoError(t, h.Catalog.DeleteListing(t.Context(), channelID, listings[0].ID))
		require.NoError(t, h.Catalog.Refresh(t.Context()))
		again, _ := c.create(seed).codes()
		require.Equal(t, code, again)
		c.create(strings.Replace(seed, `"quantity": 2`, `"quantity": 1`, 1)).like(http.StatusNotFound, "error_404.json")
		listings[0].ID = 0
		_, err = h.Catalog.CreateListing(t.Context(), listings[0])
		require.NoError(t, err)

		c.create(strings.Replace(seed, `"quantity": 2`, `"quantity": 1`, 1)).like(
			http.StatusBadRequest, "error_400_duplicate_channel_order_code.json",
		)
		c.create(strings.Replace(seed, `"total": "4000"`, `"total": "4001"`, 1)).like(
			http.StatusBadRequest, "error_400_duplicate_channel_order_code.json",
		)
		c.create(
			strings.NewReplacer(`"total": "4000"`, `"total": "4001"`, "channel_order_code", "channel_order_id").Replace(seed),
		).
			is(http.StatusBadRequest, `{"order": {"channel_order_id": ["이 칸은 반드시 고유해야 합니다."]}}`)

		// A code is the channel's own.
		two := c.as("api_key_two", "code_two")
		theirs, _ := two.create(
			strings.Replace(
				simple(
					t, "d96b3ed4-12c5-4fb5-ae22-4f39b11ee980", "9d1f2c3a-7e44-4a5b-9c0d-1a2b3c4d5e01", dayOption, "1", "2026-05-09",
				), "\n", "", -1,
			),
		).codes()
		require.NotEqual(t, code, theirs)
		c.order(theirs).like(http.StatusNotFound, "error_404.json")
		two.order(code).like(http.StatusNotFound, "error_404.json")
		two.order(theirs).has(http.StatusOK)
		h.Settle(t)
		h.Verify(t)
	})
}

func TestManyAtOnce(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		body := request(t, "create_order_request.json")
		answers := make([]string, 50)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				if r, err := c.try(http.MethodPost, ordersPath, body); err == nil && r.status == http.StatusCreated {
					answers[i] = r.text
				}
			})
		}
		all.Wait()
		for _, text := range answers {
			require.NotEmpty(t, text)
			require.Equal(t, answers[0], text)
		}
		count, err := h.Orders.Count(t.Context(), order.ByMerchant(channelID), order.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 1, count)
		h.Settle(t)
		h.Verify(t)
	})
}

// What the hub has to say about a request that is well formed.
func TestRefusedOrders(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		notFound := func(mapping, option string) {
			t.Helper()
			c.create(simple(t, "unknown", mapping, option, "1", "2026-05-09")).like(http.StatusNotFound, "error_404.json")
		}
		notFound(unknownCode, dayOption)
		notFound(dayMapping, unknownCode)
		notFound(dayMapping, fewOption)
		notFound("no uuid", dayOption)
		notFound("9d1f2c3a-7e44-4a5b-9c0d-1a2b3c4d5e01", dayOption) // another channel's

		// Five a day: the refusal says how many are left for the line.
		day := "2031-03-01"
		c.create(simple(t, "few-1", fewMapping, fewOption, "4", day)).has(http.StatusCreated)
		c.create(simple(t, "few-2", fewMapping, fewOption, "2", day)).like(
			http.StatusBadRequest, "error_400_inventory_short.json",
		)
		line := `{"channel_product_mapping_code": "` + fewMapping + `", "option_code": "` + fewOption +
			`", "quantity": 3, "inventory_at": "2031-03-02",
			"unit_selling_price": 1, "amount_price": 1, "travelers": [{"name": "a", "national_code": "1", "phone": "1",
			"email": "a@b.example"}]}`
		two := simple(t, "few-3", fewMapping, fewOption, "1", day)
		two = `{"options": [` + line + `,` + line + `],` + two[strings.Index(two, `"order"`):]
		c.create(two).is(http.StatusBadRequest, `{"options": [{}, {"quantity": ["이 값이 2보다 작거나 같은지 확인하십시오."]}]}`)
		c.create(simple(t, "few-4", fewMapping, fewOption, "1", "2036-01-01")).has(http.StatusBadRequest).
			is(http.StatusBadRequest, `{"depth_combinations": [{"use_date": ["이 날짜에는 판매하지 않습니다."]}]}`)
		c.create(simple(t, "few-5", fewMapping, fewOption, "1", "2016-12-31 23:59:59")).has(http.StatusBadRequest)
		c.create(simple(t, "many", dayMapping, dayOption, "10001", "2026-05-09")).
			is(http.StatusBadRequest, `{"depth_combinations": [{"quantity": ["이 값이 10000보다 작거나 같은지 확인하십시오."]}]}`)

		// The hub's price counts, not the channel's: 2 × 2,222 is more than its credit.
		poor := c.as("api_key_two", "code_two")
		poor.create(simple(t, "poor", "9d1f2c3a-7e44-4a5b-9c0d-1a2b3c4d5e01", dayOption, "2", "2026-05-09")).
			is(http.StatusBadRequest, `{"detail": "잔액이 부족합니다.", "message": "잔액이 부족합니다."}`)
		poor.create(
			simple(t, "poor", "9d1f2c3a-7e44-4a5b-9c0d-1a2b3c4d5e01", dayOption, "1", "2026-05-09"),
		).has(http.StatusCreated)

		count, err := h.Orders.Count(t.Context(), order.ByOperator(), order.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 2, count)
	})
}

// Codes that the hub cannot keep as its own reference.
func TestOddCodes(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		for _, code := range []string{strings.Repeat("가", 100), `a\tb`, " padded ", "한글 코드/1?"} {
			body := simple(t, code, dayMapping, dayOption, "1", "2026-05-09")
			made := c.create(body).has(http.StatusCreated)
			require.Contains(t, made.text, `"`+code+`"`)
			require.Equal(t, made.text, c.create(body).text)
			ax, _ := made.codes()
			require.Contains(t, c.order(strings.ToUpper(ax)).text, `"`+code+`"`)
		}
		c.create(simple(t, strings.Repeat("가", 101), dayMapping, dayOption, "1", "2026-05-09")).
			is(http.StatusBadRequest, `{"order": {"channel_order_code": ["이 필드의 글자 수가 100 이하인지 확인하십시오."]}}`)
		c.create(simple(t, "  ", dayMapping, dayOption, "1", "2026-05-09")).has(http.StatusBadRequest)
	})
}

// Who is let in.
func TestAuthentication(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		const path = productsPath
		for name, headers := range map[string][]string{
			"nothing":           {},
			"no channel":        {"Authorization", "Token api_key_secret"},
			"no key":            {"Channel", "Code code_secret"},
			"wrong key":         {"Authorization", "Token wrong", "Channel", "Code code_secret"},
			"wrong code":        {"Authorization", "Token api_key_secret", "Channel", "Code wrong"},
			"another's code":    {"Authorization", "Token api_key_secret", "Channel", "Code code_two"},
			"no scheme":         {"Authorization", "api_key_secret", "Channel", "Code code_secret"},
			"other scheme":      {"Authorization", "Basic api_key_secret", "Channel", "Code code_secret"},
			"no channel scheme": {"Authorization", "Token api_key_secret", "Channel", "code_secret"},
			"more words":        {"Authorization", "Token api_key_secret x", "Channel", "Code code_secret"},
			"broken first":      {"Authorization", "Token", "X-API-Key", "api_key_secret", "Channel", "Code code_secret"},
			"no channel at all": {"Authorization", "Token demo-key", "Channel", "Code code_secret"},
			"suspended":         {"Authorization", "Token demo-suspended-key", "Channel", "Code code_secret"},
			"wrong address":     {"Authorization", "Token demo-fenced-key", "Channel", "Code code_secret"},
			"operator":          {"Authorization", "Token demo-admin-key", "Channel", "Code code_secret"},
		} {
			t.Run(name, func(t *testing.T) {
				c := c.in(t).with(headers...)
				c.get(path).like(http.StatusForbidden, "error_403.json")
				c.create(`{"broken`).like(http.StatusForbidden, "error_403.json")
				c.order(unknownCode).like(http.StatusForbidden, "error_403.json")
			})
		}
		for _, headers := range [][]string{
			{"Authorization", "tOKEN api_key_secret", "Channel", "cODE code_secret"},
			{"Authorization", "Token  api_key_secret", "Channel", "Code  code_secret "},
			{"Authorization", "Bearer api_key_secret", "Channel", "Code code_secret"},
			{"X-API-Key", "api_key_secret", "Channel", "Code code_secret"},
		} {
			c.with(headers...).get(path).has(http.StatusOK)
		}

		open := newChannel(t, h, axcloud.Config{ChannelOptional: true})
		open.with("Authorization", "Token api_key_secret").get(path).has(http.StatusOK)
		open.with("Authorization", "Token api_key_secret", "Channel", "Code code_two").get(path).has(http.StatusForbidden)
		open.with("Authorization", "Token demo-suspended-key").get(path).has(http.StatusForbidden)
		open.with("Authorization", "Token demo-fenced-key").get(path).has(http.StatusForbidden)
		open.with("Authorization", "Token demo-admin-key").get(path).has(http.StatusForbidden)
	})
}

// 300 requests may come at once, and no more.
func TestRateLimit(t *testing.T) {
	h := doortest.SQLite(t)
	m, err := h.Accounts.CreateMerchant(t.Context(), account.NewMerchant{
		Name: "limited", Currency: "KRW", RateLimit: account.RateLimit{RequestsPerMinute: account.DoorDefault},
	})
	require.NoError(t, err)
	key := account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}
	_, err = h.Accounts.AddKey(t.Context(), key, "limited-channel-key")
	require.NoError(t, err)
	require.NoError(t, h.Accounts.SetChannelCode(t.Context(), m.ID, "limited-code"))
	c := newChannel(t, h, axcloud.Config{}).as("limited-channel-key", "limited-code")
	for range 300 {
		c.get(productsPath).has(http.StatusOK)
	}
	for began := time.Now(); time.Since(began) < time.Minute; { // one comes back every fifth of a second
		if r := c.get(productsPath); r.status != http.StatusOK {
			r.like(http.StatusTooManyRequests, "error_429.json")
			require.Equal(t, "1", r.header.Get("Retry-After"))
			return
		}
	}
	t.Error("never limited")
}
