package fakepartner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/config"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/supply"
)

const manyItems = 5000

// spoiled stands before a partner and spoils its list as it is told.
type spoiled struct {
	how   atomic.Value
	first atomic.Value // the last good first page
}

// pageOf says whether a request is for a page of a list, and whether for the first.
func pageOf(r *http.Request, body []byte) (list, first bool) {
	if r.URL.Path == "/api/v2/products" {
		return true, r.URL.Query().Get("page") == "1"
	}
	var call struct{ Type, Cursor string }
	return json.Unmarshal(body, &call) == nil && call.Type == "list", call.Cursor == ""
}

func (s *spoiled) start(t *testing.T, address string) string {
	t.Helper()
	s.how.Store("")
	door := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		list, first := pageOf(r, body)
		if !list {
			door.ServeHTTP(w, r)
			return
		}
		how := s.how.Load().(string)
		switch {
		case how == "error page" && !first:
			_, _ = io.WriteString(w, "<html>We are back soon.</html>")
		case how == "error in JSON" && !first:
			_, _ = io.WriteString(w, `{"success": false, "message": "busy", "error": {"code": "BUSY"}}`)
		case how == "empty":
			_, _ = io.WriteString(w, `{"items": [], "page": 1, "totalPages": 0}`)
		case how == "repeats" && !first:
			_, _ = w.Write(s.first.Load().([]byte))
		default:
			answer := httptest.NewRecorder()
			door.ServeHTTP(answer, r)
			if first {
				s.first.Store(answer.Body.Bytes())
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// stocks gives a partner so many products.
func stocks(t *testing.T, partner *fakepartner.Partner, currency money.Currency) {
	t.Helper()
	hub, ctx := partner.Hub(), t.Context()
	category := hub.Catalog.Snapshot().Categories()[0]
	for i := range manyItems {
		_, err := hub.Catalog.CreateProduct(ctx, catalog.Product{
			SKU: fmt.Sprintf("F%04d", i), Name: fmt.Sprintf("Thing %d", i), Category: category, Currency: currency,
			Price: 10 * money.Unit, Source: catalog.SourceProvider,
		})
		require.NoError(t, err)
	}
}

// reprices changes one of the partner's products.
func reprices(t *testing.T, partner *fakepartner.Partner, sku string, change func(p *catalog.Product)) {
	t.Helper()
	p := *partner.Hub().Catalog.Snapshot().ProductBySKU(sku)
	change(&p)
	_, err := partner.Hub().Catalog.UpdateProduct(t.Context(), p)
	require.NoError(t, err)
}

// A partner's list of thousands of items is imported by rule and followed: what is dearer overnight, gone, back and
// bad.
func TestListsAreFollowed(t *testing.T) {
	for _, l := range loops {
		if l.dialect != "marketacc" && l.dialect != "http" {
			continue
		}
		t.Run(l.dialect, func(t *testing.T) {
			for name, open := range map[string]func(t *testing.T) config.Config{
				"sqlite": sqliteConfig, "postgres": postgresConfig,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l.followed(t, open(t))
				})
			}
		})
	}
}

func (l *loop) followed(t *testing.T, cfg config.Config) {
	ctx := t.Context()
	b := newBuyer(t, cfg, l.currency)
	partner := start(t, l.dialect, fakepartner.Script{RequestSecret: askSecret})
	stocks(t, partner, l.currency)
	var spoil spoiled
	own := *l
	own.connect(b, spoil.start(t, partner.Address()))
	_, err := b.Supply.SetPolicy(ctx, supply.Policy{
		ProviderID: b.provider.ID, NewItems: supply.Import,
		Rules: []supply.Rule{{Name: "thing", Terms: supply.Terms{CategoryID: b.category.ID, Markup: 2000}}},
	})
	require.NoError(t, err)
	follow := func(status supply.Status) supply.Sync {
		t.Helper()
		done, err := b.Supply.Follow(ctx, b.provider.ID, "ada")
		require.NoError(t, err)
		require.Equal(t, status, done.Status, done.Reason)
		return done
	}
	require.GreaterOrEqual(t, follow(supply.Applied).Changes, manyItems)
	offerOf := func(sku string) fulfil.Offer {
		t.Helper()
		theirs := sku
		if l.dialect == "marketacc" { // which names products by their numbers
			theirs = strconv.FormatInt(partner.Hub().Catalog.Snapshot().ProductBySKU(sku).ID, 10)
		}
		p := b.Catalog.Snapshot().ProductBySKU("partner:" + theirs)
		require.NotNil(t, p, sku)
		offers, err := b.Providers.ListOffers(ctx, p.ID)
		require.NoError(t, err)
		require.Len(t, offers, 1)
		return offers[0]
	}
	require.Equal(t, 10*money.Unit, offerOf("F4999").Cost)

	reprices(t, partner, "F4999", func(p *catalog.Product) { p.Price = 13 * money.Unit })
	held := follow(supply.Held)
	require.Equal(t, 10*money.Unit, offerOf("F4999").Cost)
	_, err = b.Supply.Approve(ctx, held.ID, "grace")
	require.NoError(t, err)
	require.Equal(t, 13*money.Unit, offerOf("F4999").Cost)

	for _, how := range []string{"error page", "error in JSON", "empty", "repeats"} {
		spoil.how.Store(how)
		done, err := b.Supply.Follow(ctx, b.provider.ID, "ada")
		require.NoError(t, err, how)
		require.Contains(t, []supply.Status{supply.Refused, supply.Failed}, done.Status, how)
		require.NotEmpty(t, done.Reason, how)
	}
	spoil.how.Store("")
	require.Zero(t, follow(supply.Applied).Changes, "bad lists have changed nothing")

	reprices(t, partner, "F0007", func(p *catalog.Product) { p.Status = catalog.StatusArchived })
	follow(supply.Applied)
	require.Equal(t, fulfil.StatusDisabled, offerOf("F0007").Status)
	reprices(t, partner, "F0007", func(p *catalog.Product) { p.Status = catalog.StatusActive })
	follow(supply.Applied)
	require.Equal(t, fulfil.StatusActive, offerOf("F0007").Status)

	_, err = b.Supply.Undo(ctx, held.ID, "grace", true)
	require.NoError(t, err)
	require.Equal(t, 10*money.Unit, offerOf("F4999").Cost)
	require.Zero(t, follow(supply.Applied).Changes, "what was put back is locked")
}
