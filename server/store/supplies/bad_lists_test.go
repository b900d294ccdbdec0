package supplies_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/jsonhttp"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/dialect/sim"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// row is one item of a list, as a partner writes it.
type row struct{ sku, cost, currency string }

// book is a list of two pages; raw stands for one of them, numbered from 1.
type book struct {
	pages [][]row
	raw   map[int]string
}

// page is one from 1 on; there are none beyond the last.
func (b *book) page(n int) []row {
	if n < 1 || n > len(b.pages) {
		return nil
	}
	return b.pages[n-1]
}

// partner is one whose list a test writes.
type partner struct {
	full     int // items of a page that is not the last
	currency string
	fixed    bool // its lists name no currency
	// refuses is what an error in JSON with status 200 comes to.
	refuses supply.Status
	connect func(t *testing.T, b *book) dialect.Connector
}

const (
	signKey   = "whsec_YSBzZWNyZXQgdGhhdCBzaWducyByZXF1ZXN0cw=="
	htmlPage  = "<html>We are back soon.</html>"
	jsonError = `{"success": false, "message": "busy", "error": {"code": "BUSY"}}`
)

var partners = map[string]partner{
	"bursagb":   {500, "TRY", false, supply.Failed, bursagbPartner},
	"marketacc": {2, "THB", true, supply.Refused, marketaccPartner},
	"axcloud":   {100, "KRW", false, supply.Refused, axcloudPartner},
	"orderhub":  {2, "THB", false, supply.Refused, orderhubPartner},
	"http":      {2, "THB", false, supply.Refused, httpPartner},
	"sim":       {2, "THB", false, supply.Refused, simPartner},
}

// bad are the ways to spoil a good list.
func bad(p *partner, good *book) map[string]*book {
	last := good.pages[1][0]
	instead := func(r row) *book { return &book{pages: [][]row{good.pages[0], {r}}} }
	raw := func(page int, text string) *book {
		return &book{pages: good.pages, raw: map[int]string{page: text}}
	}
	lists := map[string]*book{
		"a SKU twice":               instead(row{good.pages[0][0].sku, last.cost, last.currency}),
		"a negative cost":           instead(row{last.sku, "-1", last.currency}),
		"an absurd cost":            instead(row{last.sku, "1000000000000", last.currency}),
		"a cost beyond all numbers": instead(row{last.sku, "99999999999999999999", last.currency}),
		"a page that repeats":       {pages: [][]row{good.pages[0], good.pages[0]}},
		"an error page":             raw(2, htmlPage),
		"an error page at once":     raw(1, htmlPage),
		"an error in JSON":          raw(2, jsonError),
	}
	if !p.fixed {
		other := &book{pages: [][]row{slices.Clone(good.pages[0]), {{last.sku, last.cost, "ZZZ"}}}}
		other.pages[0][0].currency = "ZZZ"
		lists["a currency that is none"] = other
	}
	return lists
}

// Of a bad list of whatever partner nothing is taken over, what there was stays, and operators are told once, however
// often it comes.
func TestBadListsOfPartners(t *testing.T) {
	for name, p := range partners {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.RunWorld(t, func(t *testing.T, w *storetest.World) { p.keepsWhatThereWas(t, w) })
		})
	}
}

func (p *partner) keepsWhatThereWas(t *testing.T, w *storetest.World) {
	good := &book{pages: [][]row{nil, {{fmt.Sprint(p.full + 1), "8", p.currency}}}}
	for i := range p.full {
		good.pages[0] = append(good.pages[0], row{fmt.Sprint(i + 1), "7", p.currency})
	}
	list := *good
	f := newFollower(t, w)
	w.Connectors[f.provider] = p.connect(t, &list)
	require.NoError(t, w.Providers.DeleteOffer(t.Context(), f.offer.ID))
	f.policy(func(policy *supply.Policy) {
		policy.NewItems = supply.Import
		policy.Rules = []supply.Rule{{Terms: supply.Terms{CategoryID: f.category, Markup: 1000}}}
	})
	first := f.follow(supply.Applied)
	require.Equal(t, p.full+1, first.Changes)
	before, err := w.Store.Supplies.Offers(t.Context(), f.provider, 0, p.full+2)
	require.NoError(t, err)
	require.Len(t, before, p.full+1)

	lists := bad(p, good)
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		list = *good // so that none is as bad as the one before
		require.Zero(t, f.follow(supply.Applied).Changes, "what there was has stayed")
		told := len(f.events())
		list = *lists[name]
		want := supply.Refused
		if name == "an error in JSON" {
			want = p.refuses
		}
		for times := range 2 {
			done, err := f.Supply.Follow(t.Context(), f.provider, "")
			require.NoError(t, err, name)
			require.Equal(t, want, done.Status, "%s: %s", name, done.Reason)
			require.NotEmpty(t, done.Reason, name)
			require.Equal(t, times+1, done.Times, "%s: %s", name, done.Reason)
		}
		kinds := f.events()
		require.Len(t, kinds, told+1, name)
		require.Equal(t, map[supply.Status]operatorevent.Kind{
			supply.Refused: supply.EventRefused, supply.Failed: supply.EventFailed,
		}[want], kinds[0], name)
		after, err := w.Store.Supplies.Offers(t.Context(), f.provider, 0, p.full+2)
		require.NoError(t, err)
		require.Equal(t, before, after, name)
	}
	proposals, err := f.Supply.Proposals(t.Context(), supply.ProposalFilter{ProviderID: f.provider, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, proposals)
	list = *good
	require.Zero(t, f.follow(supply.Applied).Changes)
	storetest.RequireClean(t, w.Store)
}

// answered is a page of a list in JSON, or what stands for it.
func (b *book) answered(t *testing.T, n int, page any) outboundtest.Reply {
	if text, spoiled := b.raw[n]; spoiled {
		return outboundtest.Reply{Status: 200, Body: text}
	}
	return outboundtest.Reply{Status: 200, Body: written(t, page)}
}

func written(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

type object = map[string]any

// each writes the rows of a page, none as a list of none.
func (b *book) each(n int, write func(r row) object) []object {
	items := []object{}
	for _, r := range b.page(n) {
		items = append(items, write(r))
	}
	return items
}

func plain(p *outboundtest.Provider, settings string, credentials map[string]string) outbound.Setup {
	setup := p.Setup(settings, credentials)
	setup.Now = time.Now
	return setup
}

func bursagbPartner(t *testing.T, b *book) dialect.Connector {
	p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
		var asked struct{ Page int }
		switch c.URL.Path {
		case "/Login/Customer/Api/Verify":
			return outboundtest.Reply{
				Status: 200, Body: `{"data":{"Token":"t","Expiration":"2099-11-25T13:00:00Z"},"success":true,"message":"OK"}`,
			}
		case "/Customer/Get":
			account := object{"currencyCode": b.pages[0][0].currency, "balance": json.Number("1.00")}
			return outboundtest.Reply{Status: 200, Body: written(t, object{"data": account, "success": true})}
		}
		_ = json.Unmarshal([]byte(c.Content), &asked) // 0 is no page
		return b.answered(t, asked.Page, object{"success": true, "data": b.each(asked.Page, func(r row) object {
			return object{
				"customerStoreProductID": json.Number(r.sku), "productName": "Item " + r.sku, "productCategoryID": 1,
				"salePrice": json.Number(r.cost), "totalStock": 5, "status": 1,
			}
		})})
	})
	c, err := bursagb.NewConnector(plain(
		p, `{"baseUrl": "%URL%"}`, map[string]string{"email": "e@example.com", "password": "p", "api_key": "k"},
	))
	require.NoError(t, err)
	return c
}

func marketaccPartner(t *testing.T, b *book) dialect.Connector {
	p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
		page := number(c.URL.Query().Get("page"))
		return b.answered(t, page, object{
			"page": page, "totalPages": len(b.pages), "items": b.each(page, func(r row) object {
				return object{"id": json.Number(r.sku), "name": "Item " + r.sku, "price": json.Number(r.cost), "stock": 5}
			}),
		})
	})
	c, err := marketacc.NewConnector(plain(p, `{"baseUrl": "%URL%"}`, map[string]string{"api_key": "k"}))
	require.NoError(t, err)
	return c
}

func number(text string) (n int) {
	_, _ = fmt.Sscan(text, &n) // 0 is no page
	return n
}

// axcloudPartner has a product with one option for each row.
func axcloudPartner(t *testing.T, b *book) dialect.Connector {
	const root = "/v1/channel"
	at := func(code string) (found row) {
		for _, page := range b.pages {
			for _, r := range page {
				if "p"+r.sku == code {
					found = r // the last one, which is the bad one
				}
			}
		}
		return found
	}
	p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
		var kind, code string
		switch n, _ := fmt.Sscanf(c.URL.Path, root+"/products/day-ticket/registration/%s", &code); {
		case n == 1:
			return outboundtest.Reply{Status: 201, Body: written(t, object{
				"status_code": 201, "data": object{"channel_product_mapping_data_code": "m" + code},
			})}
		case c.URL.Path == root+"/products/day-ticket":
			page := number(c.URL.Query().Get("page"))
			return b.answered(t, page, object{"status_code": 200, "products": b.each(page, func(r row) object {
				return object{"product_code": "p" + r.sku, "title": "Item " + r.sku, "category": "Ticket-Day"}
			})})
		}
		if _, err := fmt.Sscanf(c.URL.Path, root+"/price/day-ticket/%s", &code); err == nil {
			kind = "price"
		} else if _, err := fmt.Sscanf(c.URL.Path, root+"/products/day-ticket/%s", &code); err != nil {
			t.Error(c.URL.Path)
		}
		r := at(code)
		if kind == "price" {
			return outboundtest.Reply{Status: 200, Body: written(t, object{"status_code": 200, "prices": []object{
				{"option_code": "o", "currency": r.currency, "price": r.cost},
			}})}
		}
		return outboundtest.Reply{Status: 200, Body: written(t, object{"status_code": 200, "options": []object{
			{"option_code": "o", "name": "Day"},
		}})}
	})
	c, err := axcloud.NewConnector(plain(
		p, `{"baseUrl": "%URL%", "purchaser": {"name": "Hub", "nationalCode": "82", "phone": "010", "email": "h@e.com"}}`,
		map[string]string{"api_key": "k", "channel_code": "c"},
	))
	require.NoError(t, err)
	return c
}

func httpPartner(t *testing.T, b *book) dialect.Connector {
	p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
		var call struct{ Cursor string }
		_ = json.Unmarshal([]byte(c.Content), &call) // "" is the first page
		page := max(number(call.Cursor), 1)
		answer := object{"items": b.each(page, func(r row) object {
			return object{"sku": r.sku, "name": "Item " + r.sku, "cost": r.cost, "currency": r.currency}
		})}
		if page < len(b.pages) {
			answer["nextCursor"] = fmt.Sprint(page + 1)
		}
		return b.answered(t, page, answer)
	})
	c, err := jsonhttp.NewConnector(plain(p, `{"baseUrl": "%URL%"}`, map[string]string{"request_secret": signKey}))
	require.NoError(t, err)
	return c
}

// simPartner is a simulator that is made anew for each reading.
func simPartner(_ *testing.T, b *book) dialect.Connector { return rewritten{b} }

type rewritten struct{ *book }

func (rewritten) Idempotent() bool { return true }

func (rewritten) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("sells nothing")
}

// ListItems implements dialect.Lister.
func (r rewritten) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	var settings sim.Config
	for _, page := range r.pages {
		for _, one := range page {
			settings.Items = append(settings.Items, sim.Item{
				SKU: one.sku, Name: "Item " + one.sku, Cost: one.cost, Currency: one.currency,
			})
		}
	}
	if len(r.raw) > 0 {
		settings.Faults = []sim.Fault{{On: sim.List, Do: sim.Malformed}}
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	s, err := sim.New(text, time.Now)
	if err != nil {
		return err
	}
	return s.ListItems(ctx, take)
}
