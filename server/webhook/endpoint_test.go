package webhook_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/webhook"
)

// shelf keeps endpoints of one merchant.
type shelf struct {
	webhook.Store
	endpoints []webhook.Endpoint
}

func (s *shelf) ListEndpoints(_ context.Context, _ int64, format string) (list []webhook.Endpoint, _ error) {
	for _, e := range s.endpoints {
		if format == "" || e.Format == format {
			list = append(list, e)
		}
	}
	return list, nil
}

func (s *shelf) Endpoint(_ context.Context, _, id int64) (webhook.Endpoint, error) {
	for _, e := range s.endpoints {
		if e.ID == id {
			return e, nil
		}
	}
	return webhook.Endpoint{}, webhook.ErrEndpointNotFound
}

func (s *shelf) DeleteEndpoint(ctx context.Context, merchantID, id int64) (webhook.Endpoint, error) {
	e, err := s.Endpoint(ctx, merchantID, id)
	s.endpoints = nil
	return e, err
}

// TestTwins are other active endpoints that hear the same at the same address.
func TestTwins(t *testing.T) {
	e := active(1, webhook.FormatStandard, "https://a.example")
	e.EventTypes = []string{"order.created", "order.failed"}
	for name, c := range map[string]struct {
		change func(mine, other *webhook.Endpoint)
		want   []int64
	}{
		"the same": {func(_, _ *webhook.Endpoint) {}, []int64{2}},
		"the same, differently listed": {func(_, o *webhook.Endpoint) {
			o.EventTypes = []string{"order.failed", "order.created"}
		}, []int64{2}},
		"itself":             {func(_, o *webhook.Endpoint) { o.ID = 1 }, nil},
		"at another address": {func(_, o *webhook.Endpoint) { o.URL += "/" }, nil},
		"in another format":  {func(_, o *webhook.Endpoint) { o.Format = gameso.Name }, nil},
		"of less":            {func(_, o *webhook.Endpoint) { o.EventTypes = o.EventTypes[:1] }, nil},
		"of all":             {func(_, o *webhook.Endpoint) { o.EventTypes = nil }, nil},
		"that is off":        {func(_, o *webhook.Endpoint) { o.Status = webhook.StatusInactive }, nil},
		"of one that is off": {func(e, _ *webhook.Endpoint) { e.Status = webhook.StatusDisabled }, nil},
		"both of all": {func(e, o *webhook.Endpoint) {
			e.EventTypes, o.EventTypes = nil, []string{}
		}, []int64{2}},
		"retried in another measure": {func(_, o *webhook.Endpoint) { o.MaxRetries, o.Description = 0, "b" }, []int64{2}},
	} {
		t.Run(name, func(t *testing.T) {
			mine, other := e, e
			other.ID = 2
			c.change(&mine, &other)
			s := webhook.NewService(&shelf{endpoints: []webhook.Endpoint{mine, other}}, false)
			ids, err := s.Twins(t.Context(), &mine)
			require.NoError(t, err)
			require.Equal(t, c.want, ids)
		})
	}
}

// TestEndpointsOfAFormat are all there are where a format is given.
func TestEndpointsOfAFormat(t *testing.T) {
	kept := &shelf{endpoints: []webhook.Endpoint{active(1, gameso.Name, "a"), active(2, webhook.FormatStandard, "b")}}
	s := webhook.NewService(kept, false)
	for format, want := range map[string]int{"": 2, gameso.Name: 1, bursagb.Name: 0} {
		list, err := s.List(t.Context(), 7, format)
		require.NoError(t, err)
		require.Len(t, list, want)
	}
	for _, id := range []int64{2, 3} {
		_, err := s.Delete(t.Context(), 7, id, gameso.Name)
		require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
	}
	require.Len(t, kept.endpoints, 2)
	deleted, err := s.Delete(t.Context(), 7, 1, gameso.Name)
	require.NoError(t, err)
	require.Equal(t, "a", deleted.URL)
	require.Empty(t, kept.endpoints)
}

// TestNewEndpoint has what is given, and is else active and tried as its format says.
func TestNewEndpoint(t *testing.T) {
	url, retries := "https://a.example", 0
	change := webhook.Change{URL: &url, MaxRetries: &retries}
	require.Equal(t, webhook.Endpoint{
		MerchantID: 7, Format: gameso.Name, URL: url, Status: webhook.StatusActive, MaxRetries: 0,
	}, change.New(7, gameso.Name))
	require.Equal(t, webhook.ByFormat, (&webhook.Change{}).New(7, gameso.Name).MaxRetries)
}

// TestHints show less than was once shown.
func TestHints(t *testing.T) {
	for kept, want := range map[string]string{
		"": "", "whse...": "whse...", "whsec_AB...": "whse...", "ßecre...": "ßecr...", "abc": "abc", "...": "...",
	} {
		require.Equal(t, want, webhook.ShortHint(kept), kept)
	}
	store := &fakeStore{}
	for secret, want := range map[string]string{
		"0123456789": "01...", "0123456789ab": "012...", "0123456789abcdefghij": "0123...",
	} {
		created, _, err := webhook.NewService(store, false).Create(t.Context(), good(), secret)
		require.NoError(t, err)
		require.Equal(t, want, created.SecretHint, "no more than a quarter")
		require.NoError(t, webhook.CheckSecret(secret))
	}
	requireFields(t, webhook.CheckSecret("123456789"), []string{"secret"})
}

// TestAddresses are checked again when they are called: what may be one depends on the configuration.
func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		raw        string
		allowLocal bool
		want       string // "" for none
	}{
		{"HTTPS://Bücher.example/ü?a=b|c", false, "https://xn--bcher-kva.example/%C3%BC?a=b%7Cc"},
		{"https://a.example/x#y", false, "https://a.example/x#y"},
		{"https://127.0.0.1/", false, ""},
		{"https://localhost./", false, ""},
		{"http://a.example/", false, ""},
		{"http://127.0.0.1/", true, "http://127.0.0.1/"},
		{"ftp://a.example/", true, ""},
	} {
		url, err := webhook.TargetURL(c.raw, c.allowLocal)
		require.Equal(t, c.want, url, c.raw)
		if c.want == "" {
			requireFields(t, err, []string{"url"})
		}
	}
	s := webhook.NewService(nil, false)
	require.NoError(t, s.CheckAddress("callback_url", ""))
	require.NoError(t, s.CheckAddress("callback_url", "https://a.example"))
	requireFields(t, s.CheckAddress("callback_url", "https://a.example/#x"), []string{"callback_url"})
}

// TestPublicAddresses end where the prefixes of others begin.
func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "1.0.0.0": true, "0.255.255.255": false, "9.255.255.255": true, "10.0.0.0": false,
		"11.0.0.0": true, "100.63.255.255": true, "100.64.0.0": false, "100.127.255.255": false, "100.128.0.0": true,
		"126.255.255.255": true, "127.255.255.255": false, "128.0.0.0": true, "169.253.255.255": true,
		"169.254.0.0": false, "169.255.0.0": true, "172.15.255.255": true, "172.31.255.255": false, "172.32.0.0": true,
		"192.0.0.255": false, "192.0.1.0": true, "192.0.2.0": false, "192.0.3.0": true, "192.167.255.255": true,
		"192.168.255.255": false, "192.169.0.0": true, "198.17.255.255": true, "198.19.255.255": false,
		"198.20.0.0": true, "198.51.100.7": false, "203.0.113.7": false, "203.0.114.0": true,
		"223.255.255.255": true, "224.0.0.0": false, "240.0.0.0": false, "255.255.255.255": false,
		"2606:4700::1111": true, "2001:200::1": true, "2001:1ff::1": false, "2001:db8::1": false, "2002::1": false,
		"2003::1": true, "64:ff9b::1.1.1.1": false, "64:ff9b:1::1": false, "fbff::1": true, "fc00::1": false,
		"fe80::1%eth0": false, "ff02::1": false, "::": false, "::1": false, "::ffff:10.0.0.1": false,
		"::ffff:100.64.0.1": false, "::ffff:203.0.113.7": false,
		"::ffff:1.1.1.1": true, "2606:4700::1111%eth0": true,
	} {
		require.Equal(t, want, webhook.PublicAddress(netip.MustParseAddr(address)), address)
	}
}

// TestAddressesReadAsTheyAreKept: the form in which one is called is an address again, the same, and no less public.
func TestAddressesReadAsTheyAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.StringMatching(`[a-zA-Z0-9ıİşü.-]{1,20}(\.example|\.1|)(:[0-9]{1,5})?`).Draw(t, "host")
		raw := "https://" + host + rapid.StringMatching(`(/[ -~ığ]{0,9})?`).Draw(t, "path")
		url, err := webhook.TargetURL(raw, false)
		if err != nil {
			require.Error(t, webhook.CheckURL(raw, false))
			return
		}
		again, err := webhook.TargetURL(url, false)
		require.NoError(t, err)
		require.Equal(t, url, again)
	})
}
