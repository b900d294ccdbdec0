package fulfil_test

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// cabinet keeps providers and offers in memory; each id is one more than its index.
type cabinet struct {
	fulfil.ProviderStore // what no test asks for

	providers   []fulfil.Provider
	credentials map[int64]map[string]string
	signed      int // how often credentials were written
	offers      []fulfil.Offer
}

func (c *cabinet) ListProviders(context.Context) ([]fulfil.Provider, error) { return c.providers, nil }

func (c *cabinet) Provider(_ context.Context, id int64) (fulfil.Provider, error) {
	if id < 1 || id > int64(len(c.providers)) {
		return fulfil.Provider{}, fulfil.ErrProviderNotFound
	}
	p := c.providers[id-1]
	p.HasCredentials = len(c.credentials[id]) > 0
	return p, nil
}

func (c *cabinet) ProviderCredentials(_ context.Context, id int64) (map[string]string, error) {
	return c.credentials[id], nil
}

func (c *cabinet) CreateProvider(
	ctx context.Context, p fulfil.Provider, credentials map[string]string,
) (fulfil.Provider, error) {
	if slices.ContainsFunc(c.providers, func(other fulfil.Provider) bool { return other.Name == p.Name }) {
		return fulfil.Provider{}, &fulfil.AlreadyExistsError{Kind: "provider"}
	}
	p.ID = int64(len(c.providers) + 1)
	c.providers = append(c.providers, p)
	c.sign(p.ID, credentials)
	return c.Provider(ctx, p.ID)
}

func (c *cabinet) sign(id int64, credentials map[string]string) {
	if credentials != nil {
		c.signed++
		c.credentials[id] = maps.Clone(credentials)
	}
}

func (c *cabinet) UpdateProvider(
	ctx context.Context, p fulfil.Provider, credentials map[string]string,
) (fulfil.Provider, error) {
	kept := &c.providers[p.ID-1]
	kept.Status, kept.Config, kept.Limits = p.Status, p.Config, p.Limits
	c.sign(p.ID, credentials)
	return c.Provider(ctx, p.ID)
}

func (c *cabinet) CreateOffer(_ context.Context, o fulfil.Offer) (fulfil.Offer, error) {
	o.ID = int64(len(c.offers) + 1)
	c.offers = append(c.offers, o)
	return o, nil
}

func (c *cabinet) UpdateOffer(_ context.Context, id int64, change func(*fulfil.Offer) error) (fulfil.Offer, error) {
	o := c.offers[id-1]
	if err := change(&o); err != nil {
		return fulfil.Offer{}, err
	}
	c.offers[id-1] = o
	return o, nil
}

func (c *cabinet) ProviderOffers(_ context.Context, providerID int64) (found []fulfil.Offer, err error) {
	for _, o := range c.offers {
		if o.ProviderID == providerID {
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b fulfil.Offer) int { return cmp.Compare(a.ProviderSKU, b.ProviderSKU) })
	return found, nil
}

// administer is the service before an empty cabinet.
func administer(c dialect.Connector, check func(string, json.RawMessage, map[string]string) error) (
	*fulfil.Providers, *cabinet,
) {
	store := &cabinet{credentials: make(map[int64]map[string]string)}
	return fulfil.NewProviders(fulfil.ProvidersOptions{
		Store: store, Directory: directory{1: c}, CheckConnector: check, Log: slog.New(slog.DiscardHandler),
	}), store
}

// refusedFor is the first field that an error is about, "" for no error.
func refusedFor(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	bad := &errs.InvalidError{}
	require.ErrorAs(t, err, &bad)
	return bad.Violations[0].Field
}

// What a provider may be: each case is at a bound or just beyond it, and what is
// refused is not stored.
func TestProvidersBounds(t *testing.T) {
	limits := func(l fulfil.Limits) fulfil.Provider { return fulfil.Provider{Name: "p", Limits: l} }
	settings := func(text string) fulfil.Provider { return fulfil.Provider{Name: "p", Config: json.RawMessage(text)} }
	for _, tt := range []struct {
		name  string
		p     fulfil.Provider
		field string
	}{
		{"nothing but a name", fulfil.Provider{Name: "p"}, ""},
		{"a long name", fulfil.Provider{Name: "p" + strings.Repeat("0", 62)}, ""},
		{"too long a name", fulfil.Provider{Name: "p" + strings.Repeat("0", 63)}, "name"},
		{"a digit first", fulfil.Provider{Name: "0p"}, "name"},
		{"upper case", fulfil.Provider{Name: "P"}, "name"},
		{"another state", fulfil.Provider{Name: "p", Status: "paused"}, "status"},
		{"disabled", fulfil.Provider{Name: "p", Status: fulfil.StatusDisabled}, ""},
		{"a list of settings", settings(`[]`), "settings"},
		{"null", settings(`null`), "settings"},
		{"no JSON", settings(`{`), "settings"},
		{"large settings", settings(`{"x":"` + strings.Repeat("y", 64<<10-8) + `"}`), ""},
		{"too large settings", settings(`{"x":"` + strings.Repeat("y", 64<<10-7) + `"}`), "settings"},
		{"many calls", limits(fulfil.Limits{Concurrency: 1000}), ""},
		{"too many calls", limits(fulfil.Limits{Concurrency: 1001}), "max_concurrency"},
		{"less than no calls", limits(fulfil.Limits{Concurrency: -1}), "max_concurrency"},
		{"a high rate", limits(fulfil.Limits{RequestsPerMinute: 1_000_000, Burst: 1_000_000}), ""},
		{"too high a rate", limits(fulfil.Limits{RequestsPerMinute: 1_000_001}), "rate_limit.requests_per_minute"},
		{"too large a burst", limits(fulfil.Limits{Burst: 1_000_001}), "rate_limit.burst"},
		{"the shortest time-out", limits(fulfil.Limits{Timeout: 100 * time.Millisecond}), ""},
		{"a shorter one", limits(fulfil.Limits{Timeout: 100*time.Millisecond - 1}), "timeout"},
		{"the longest", limits(fulfil.Limits{Timeout: 30 * time.Second}), ""},
		{"a longer one", limits(fulfil.Limits{Timeout: 30*time.Second + 1}), "timeout"},
		{"the shortest horizon", limits(fulfil.Limits{Horizon: time.Minute}), ""},
		{"a nearer one", limits(fulfil.Limits{Horizon: 59 * time.Second}), "horizon"},
		{"parts of a second", limits(fulfil.Limits{Horizon: time.Minute + 1}), "horizon"},
		{"the longest horizon", limits(fulfil.Limits{Horizon: 30 * 24 * time.Hour}), ""},
		{"a farther one", limits(fulfil.Limits{Horizon: 30*24*time.Hour + time.Second}), "horizon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, store := administer(nil, nil)
			p, err := s.Create(t.Context(), tt.p, nil)
			require.Equal(t, tt.field, refusedFor(t, err))
			if tt.field != "" {
				require.Empty(t, store.providers)
				return
			}
			require.Equal(t, cmp.Or(tt.p.Status, fulfil.StatusActive), p.Status)
			require.True(t, json.Valid(p.Config), "{} where none are given")
		})
	}
}

func TestCredentialsBounds(t *testing.T) {
	many := func(n int) map[string]string {
		m := make(map[string]string)
		for i := range n {
			m[strings.Repeat("k", i+1)] = "v"
		}
		return m
	}
	for _, tt := range []struct {
		name  string
		given map[string]string
		field string
	}{
		{"twenty", many(20), ""},
		{"one more", many(21), "credentials"},
		{"a long name", map[string]string{strings.Repeat("ü", 64): "v"}, ""},
		{"too long a name", map[string]string{strings.Repeat("ü", 65): "v"}, "credentials"},
		{"no name", map[string]string{"": "v"}, "credentials"},
		{"a long value of lines", map[string]string{"k": strings.Repeat("ü", 4095) + "\n"}, ""},
		{"too long a value", map[string]string{"k": strings.Repeat("ü", 4097)}, `credentials["k"]`},
		{"what no secret is", map[string]string{"webhook_secret": "short"}, `credentials["webhook_secret"]`},
		{"no secret", map[string]string{"webhook_secret": ""}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, store := administer(nil, nil)
			p, err := s.Create(t.Context(), fulfil.Provider{Name: "p"}, tt.given)
			require.Equal(t, tt.field, refusedFor(t, err))
			require.Equal(t, tt.field == "", p.HasCredentials)
			require.Equal(t, tt.field == "", len(store.providers) == 1)
			if err != nil {
				require.NotContains(t, err.Error(), "short")
			}
		})
	}
}

// The connector is asked whenever what it is given changes, and with what the
// provider will have; what it refuses is not stored.
func TestConnectorIsAsked(t *testing.T) {
	var asked []map[string]string
	s, store := administer(nil, func(_ string, settings json.RawMessage, credentials map[string]string) error {
		asked = append(asked, credentials)
		if strings.Contains(string(settings), "bad") {
			return errs.Invalid("settings", "is bad")
		}
		return nil
	})
	key, other := map[string]string{"key": "1"}, map[string]string{"key": "2"}
	p, err := s.Create(t.Context(), fulfil.Provider{Name: "p"}, key)
	require.NoError(t, err)
	for _, step := range []struct {
		config      string
		credentials map[string]string
		asked       map[string]string // nil for not
		kept        map[string]string
		signed      int
		refused     string
	}{
		{`{}`, nil, nil, key, 1, ""},
		{`{"a":1}`, nil, key, key, 1, ""},
		{`{"a":1}`, key, key, key, 1, ""}, // the same once more is not written
		{`{"a":1}`, other, other, other, 2, ""},
		{`{"bad":1}`, key, key, other, 2, "settings"},
		{`{"a":1}`, map[string]string{"": "x"}, nil, other, 2, "credentials"},
		{`{"a":1}`, map[string]string{}, map[string]string{}, map[string]string{}, 3, ""},
	} {
		asked = nil
		before := string(store.providers[0].Config)
		p.Config = json.RawMessage(step.config)
		p.HasCredentials = len(store.credentials[1]) > 0
		_, err := s.Update(t.Context(), p, step.credentials)
		require.Equal(t, step.refused, refusedFor(t, err))
		if step.asked == nil {
			require.Empty(t, asked)
		} else {
			require.Equal(t, []map[string]string{step.asked}, asked)
		}
		require.Equal(t, step.kept, store.credentials[1])
		require.Equal(t, step.signed, store.signed)
		if step.refused != "" {
			require.Equal(t, before, string(store.providers[0].Config))
		}
	}
	_, err = s.Update(t.Context(), fulfil.Provider{ID: 9}, nil)
	require.ErrorIs(t, err, fulfil.ErrProviderNotFound)
	_, err = s.Create(t.Context(), fulfil.Provider{Name: "p"}, nil)
	require.ErrorContains(t, err, "already exists")
}

// A provider is found by its id, and by its name where that is no number.
func TestFind(t *testing.T) {
	s, _ := administer(nil, nil)
	for _, name := range []string{"one", "two"} {
		_, err := s.Create(t.Context(), fulfil.Provider{Name: name}, nil)
		require.NoError(t, err)
	}
	for key, want := range map[string]int64{"2": 2, "two": 2, "one": 1, "3": 0, "three": 0, "": 0} {
		p, err := s.Find(t.Context(), key)
		require.Equal(t, want, p.ID, key)
		require.Equal(t, want == 0, err != nil)
	}
}

// What an offer may be: it is of a product that providers deliver, at a cost of
// whole minor units.
func TestOffersBounds(t *testing.T) {
	bought := &catalog.Product{ID: 5, Source: catalog.SourceProvider, Currency: "THB"}
	own := &catalog.Product{ID: 5, Source: catalog.SourceStock, Currency: "THB"}
	for _, tt := range []struct {
		name  string
		p     *catalog.Product
		o     fulfil.Offer
		field string
	}{
		{"free", bought, fulfil.Offer{}, ""},
		{"of our own stock", own, fulfil.Offer{}, "product"},
		{"below nothing", bought, fulfil.Offer{Cost: -10_000}, "cost"},
		{"a satang", bought, fulfil.Offer{Cost: 10_000}, ""},
		{"less than a satang", bought, fulfil.Offer{Cost: 9_999}, "cost"},
		{"less than a won", bought, fulfil.Offer{Cost: 10_000, Currency: "KRW"}, "cost"},
		{"13 digits", bought, fulfil.Offer{Cost: 1_000_000_000_000 * money.Unit}, "cost"},
		{"12 digits", bought, fulfil.Offer{Cost: 1_000_000_000_000*money.Unit - 10_000}, ""},
		{"no currency", bought, fulfil.Offer{Currency: "ZZZ"}, "currency"},
		{"the last place", bought, fulfil.Offer{Priority: 1_000_000}, ""},
		{"behind it", bought, fulfil.Offer{Priority: 1_000_001}, "priority"},
		{"no name", bought, fulfil.Offer{ProviderSKU: " \n"}, "provider_sku"},
		{"a long name", bought, fulfil.Offer{ProviderSKU: strings.Repeat("ü", 255)}, ""},
		{"too long a name", bought, fulfil.Offer{ProviderSKU: strings.Repeat("ü", 256)}, "provider_sku"},
		{"another state", bought, fulfil.Offer{Status: "paused"}, "status"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, store := administer(nil, nil)
			tt.o.ProviderID, tt.o.ProviderSKU = 1, cmp.Or(tt.o.ProviderSKU, "theirs")
			o, err := s.CreateOffer(t.Context(), tt.p, tt.o)
			require.Equal(t, tt.field, refusedFor(t, err))
			if tt.field != "" {
				require.Empty(t, store.offers)
				return
			}
			require.Equal(t, []any{int64(5), fulfil.StatusActive}, []any{o.ProductID, o.Status})
			require.Equal(t, cmp.Or(tt.o.Currency, "THB"), o.Currency, "its product's")
			_, err = s.UpdateOffer(t.Context(), o.ID, func(o *fulfil.Offer) error {
				o.Cost = -1
				return nil
			})
			require.Equal(t, "cost", refusedFor(t, err))
			require.Equal(t, tt.o.Cost, store.offers[0].Cost)
		})
	}
}
