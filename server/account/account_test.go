package account_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/secret"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func TestLimitOfItsOwnKeepsItsBurst(t *testing.T) {
	before := account.RateLimit{RequestsPerMinute: 60, Burst: 5, PerKey: true}
	for perMinute, burst := range map[int]int{1: 5, 0: 0, account.DoorDefault: 0} {
		require.Equal(t, account.RateLimit{RequestsPerMinute: perMinute, Burst: burst, PerKey: true},
			before.WithRequests(perMinute))
	}
}

func TestBillingAddressOfAnID(t *testing.T) {
	s := account.Settings{BillingAddresses: []account.BillingAddress{{ID: 3, Name: "one"}, {ID: 4, Name: "two"}}}
	found, ok := s.Address(4)
	require.True(t, ok)
	require.Equal(t, "two", found.Name)
	_, ok = s.Address(0)
	require.False(t, ok)
}

func TestChannelCodeIsExactAndNeverNone(t *testing.T) {
	with, without := account.Principal{ChannelCode: secret.HashAPIKey("Code 1")}, account.Principal{}
	for _, code := range []string{"Code 1", "code 1", "Code 1 ", ""} {
		require.Equal(t, code == "Code 1", with.HasChannelCode(code), "%q", code)
		require.False(t, without.HasChannelCode(code), "%q", code)
	}
}

func TestAllowlist(t *testing.T) {
	p := account.Principal{IPAllowlist: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.4/30"), netip.MustParsePrefix("2001:db8::/64"),
	}}
	for address, allowed := range map[string]bool{
		"192.0.2.3": false, "192.0.2.4": true, "192.0.2.7": true, "192.0.2.8": false, "::ffff:192.0.2.5": true,
		"2001:db8::ffff:ffff:ffff:ffff": true, "2001:db8:0:1::": false, "::c000:205": false,
	} {
		require.Equal(t, allowed, p.AllowsAddress(netip.MustParseAddr(address)), address)
	}
	require.False(t, p.AllowsAddress(netip.Addr{}), "nobody knows where it comes from")
	require.True(t, (&account.Principal{}).AllowsAddress(netip.Addr{}), "an empty list has them all")
}

func TestChangeOfNothingIsNone(t *testing.T) {
	low := 5 * unit
	m := account.Merchant{
		Email: "a@example.com", Status: account.StatusActive, RateLimit: account.RateLimit{RequestsPerMinute: 60, Burst: 5},
		IPAllowlist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		Settings: account.Settings{
			StoreName: "Shop", BillingAddresses: []account.BillingAddress{{ID: 1, Name: "Ltd"}}, DefaultBillingAddress: 1,
			CallbackURL: "https://example.com/",
		},
		Wallet: &account.Wallet{CreditLimit: 7 * unit, LowBalance: &low},
	}
	email, limit, threshold := "A@Example.COM", m.Wallet.CreditLimit, new(low)
	list, settings := append([]netip.Prefix{}, m.IPAllowlist...), m.Settings
	settings.BillingAddresses = append([]account.BillingAddress{}, m.Settings.BillingAddresses...)
	same := account.MerchantChange{
		Email: &email, Status: &m.Status, CreditLimit: &limit, LowBalance: &threshold, RateLimit: &m.RateLimit,
		IPAllowlist: &list, Settings: &settings,
	}
	require.Equal(t, account.MerchantChange{}, same.Without(&m))
	require.NotNil(t, same.Email, "the caller's is left alone")

	none := (*money.Amount)(nil)
	for name, change := range map[string]account.MerchantChange{
		"e-mail address":    {Email: new("b@example.com")},
		"no e-mail address": {Email: new("")},
		"status":            {Status: new(account.StatusSuspended)},
		"credit limit":      {CreditLimit: new(limit + 1)},
		"threshold":         {LowBalance: new(new(low - 1))},
		"no threshold":      {LowBalance: &none},
		"burst":             {RateLimit: &account.RateLimit{RequestsPerMinute: 60, Burst: 6}},
		"no allowlist":      {IPAllowlist: &[]netip.Prefix{}},
		"shop":              {Settings: &account.Settings{}},
	} {
		require.Equal(t, change, change.Without(&m), name)
	}
	for name, edit := range map[string]func(*account.Settings){
		"store name":       func(s *account.Settings) { s.StoreName = "shop" },
		"name of address":  func(s *account.Settings) { s.BillingAddresses = []account.BillingAddress{{ID: 1, Name: "Inc"}} },
		"default address":  func(s *account.Settings) { s.DefaultBillingAddress = 0 },
		"callback address": func(s *account.Settings) { s.CallbackURL = "" },
	} {
		other := m.Settings
		edit(&other)
		require.NotNil(t, account.MerchantChange{Settings: &other}.Without(&m).Settings, name)
	}
}

// Who has no wallet hears so even of a limit of zero, and an e-mail address that
// cannot be opened can be removed.
func TestChangeOfWhatIsNotThere(t *testing.T) {
	zero, none := money.Amount(0), (*money.Amount)(nil)
	change := account.MerchantChange{CreditLimit: &zero, LowBalance: &none}
	require.Equal(t, change, change.Without(&account.Merchant{}))

	removed := account.MerchantChange{Email: new("")}
	require.Equal(t, removed, removed.Without(&account.Merchant{EmailUnread: true}))
	require.Equal(t, account.MerchantChange{}, removed.Without(&account.Merchant{}))
}
