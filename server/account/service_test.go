package account_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/secret"
)

// fresh is a merchant that can be created.
func fresh(edit func(*account.NewMerchant)) account.NewMerchant {
	m := account.NewMerchant{Name: "new", Currency: "THB"}
	if edit != nil {
		edit(&m)
	}
	return m
}

// changeTo sets everything that an update can change as m has it.
func changeTo(m *account.NewMerchant) account.MerchantChange {
	change := account.MerchantChange{
		Email: &m.Email, CreditLimit: &m.CreditLimit, LowBalance: &m.LowBalance, RateLimit: &m.RateLimit,
		IPAllowlist: &m.IPAllowlist, Settings: &m.Settings,
	}
	if m.Status != "" {
		change.Status = &m.Status
	}
	return change
}

func hosts(n int) (list []netip.Prefix) {
	addr := near
	for range n {
		list, addr = append(list, netip.PrefixFrom(addr, 32)), addr.Next()
	}
	return list
}

func addresses(n int) (list []account.BillingAddress) {
	for i := range n {
		list = append(list, account.BillingAddress{ID: int64(i + 1), Name: strings.Repeat("é", 200)})
	}
	return list
}

func requests(perMinute, burst int) func(*account.NewMerchant) {
	return func(m *account.NewMerchant) {
		m.RateLimit = account.RateLimit{RequestsPerMinute: perMinute, Burst: burst}
	}
}

func email(address string) func(*account.NewMerchant) {
	return func(m *account.NewMerchant) { m.Email = address }
}

func credit(limit, low money.Amount) func(*account.NewMerchant) {
	return func(m *account.NewMerchant) { m.CreditLimit, m.LowBalance = limit, &low }
}

func settings(s account.Settings) func(*account.NewMerchant) {
	return func(m *account.NewMerchant) { m.Settings = s }
}

// Creating and changing go by the same rules.
func TestFieldsOfMerchants(t *testing.T) {
	const most = account.MaxBalance
	local := strings.Repeat("a", 254-len("@example.com"))
	for _, test := range []struct {
		name  string
		edit  func(*account.NewMerchant)
		wrong []string
	}{
		{"nothing", nil, nil},
		{"long e-mail address", email(local + "@example.com"), nil},
		{"longer e-mail address", email(local + "a@example.com"), []string{"email"}},
		{"e-mail address of a host of one label", email("a@" + strings.Repeat("x", 63)), nil},
		{"long label", email("a@" + strings.Repeat("x", 64) + ".com"), []string{"email"}},
		{"no host", email("a@"), []string{"email"}},
		{"no name", email("@example.com"), []string{"email"}},
		{"no at", email("example.com"), []string{"email"}},
		{"two ats", email("a@b@example.com"), []string{"email"}},
		{"invisible character", email("a\u200b@example.com"), []string{"email"}},
		{"line break", email("a@example.com\n"), []string{"email"}},
		{"e-mail address with a name", email("A <a@example.com>"), []string{"email"}},
		{"most credit, highest threshold", credit(most-1, most-1), nil},
		{"no credit, lowest threshold", credit(0, 1-most), nil},
		{"too much credit", credit(most, 0), []string{"credit_limit"}},
		{"negative credit", credit(-1, 0), []string{"credit_limit"}},
		{"too high a threshold", credit(0, most), []string{"low_balance"}},
		{"too low a threshold", credit(0, -most), []string{"low_balance"}},
		{"limit of the door", requests(account.DoorDefault, 0), nil},
		{"most requests", requests(account.MaxRequests, account.MaxRequests), nil},
		{"below the door's", requests(-2, 0), []string{"rate_limit.requests_per_minute"}},
		{"too many requests", requests(account.MaxRequests+1, 0), []string{"rate_limit.requests_per_minute"}},
		{"too many at once", requests(1, account.MaxRequests+1), []string{"rate_limit.burst"}},
		{"fewer than none at once", requests(1, -1), []string{"rate_limit.burst"}},
		{"burst of no limit", requests(0, 1), []string{"rate_limit.requests_per_minute"}},
		{"burst of the door's limit", requests(account.DoorDefault, 1), []string{"rate_limit.requests_per_minute"}},
		{"most addresses", func(m *account.NewMerchant) { m.IPAllowlist = hosts(100) }, nil},
		{"too many addresses", func(m *account.NewMerchant) { m.IPAllowlist = hosts(101) }, []string{"ip_allowlist"}},
		{
			"repeated address", func(m *account.NewMerchant) { m.IPAllowlist = append(hosts(2), hosts(2)[1]) },
			[]string{"ip_allowlist[2]"},
		},
		{"suspended", func(m *account.NewMerchant) { m.Status = account.StatusSuspended }, nil},
		{"status there is not", func(m *account.NewMerchant) { m.Status = "closed" }, []string{"status"}},
		{"several", func(m *account.NewMerchant) {
			m.Email, m.CreditLimit, m.RateLimit.Burst = "a", -1, -1
			m.Settings.StoreName = "\u200b"
		}, []string{"email", "rate_limit.burst", "settings.store_name", "credit_limit"}},
	} {
		t.Run(test.name, func(t *testing.T) { requireRule(t, test.edit, test.wrong) })
	}
}

func TestSettingsOfMerchants(t *testing.T) {
	named := func(list ...account.BillingAddress) account.Settings { return account.Settings{BillingAddresses: list} }
	longest := "https://example.com/" + strings.Repeat("x", 2048-len("https://example.com/"))
	for _, test := range []struct {
		name  string
		given account.Settings
		wrong []string
	}{
		{"long name of the shop", account.Settings{StoreName: strings.Repeat("é", 200)}, nil},
		{"longer name", account.Settings{StoreName: strings.Repeat("é", 201)}, []string{"settings.store_name"}},
		{"name of two lines", account.Settings{StoreName: "a\nb"}, []string{"settings.store_name"}},
		{
			"most addresses, the last is the default",
			account.Settings{BillingAddresses: addresses(100), DefaultBillingAddress: 100},
			nil,
		},
		{"too many addresses", named(addresses(101)...), []string{"settings.billing_addresses"}},
		{"address without an id", named(account.BillingAddress{}), []string{"settings.billing_addresses[0].id"}},
		{"negative id", named(account.BillingAddress{ID: -1}), []string{"settings.billing_addresses[0].id"}},
		{
			"repeated id", named(account.BillingAddress{ID: 1}, account.BillingAddress{ID: 1}),
			[]string{"settings.billing_addresses[1].id"},
		},
		{
			"invisible name", named(account.BillingAddress{ID: 1, Name: "a\u2060b"}),
			[]string{"settings.billing_addresses[0].name"},
		},
		{
			"default that is none of them",
			account.Settings{BillingAddresses: addresses(2), DefaultBillingAddress: 3},
			[]string{"settings.default_billing_address_id"},
		},
		{"long address for callbacks", account.Settings{CallbackURL: longest}, nil},
		{"longer address for callbacks", account.Settings{CallbackURL: longest + "x"}, []string{"settings.callback_url"}},
		{"no address", account.Settings{CallbackURL: "example.com"}, []string{"settings.callback_url"}},
		{"fragment", account.Settings{CallbackURL: "https://example.com/#a"}, []string{"settings.callback_url"}},
		{"empty fragment", account.Settings{CallbackURL: "https://example.com/#"}, []string{"settings.callback_url"}},
	} {
		t.Run(test.name, func(t *testing.T) { requireRule(t, settings(test.given), test.wrong) })
	}
}

// requireRule creates a merchant as edit makes it, and changes one to that.
func requireRule(t *testing.T, edit func(*account.NewMerchant), wrong []string) {
	t.Helper()
	l, s := opened(t)
	m := fresh(edit)
	_, err := s.CreateMerchant(t.Context(), m)
	require.Equal(t, wrong, fields(err), "created: %v", err)
	before := l.merchants[0].Merchant
	_, err = s.UpdateMerchant(t.Context(), 1, changeTo(&m))
	require.ElementsMatch(t, wrong, fields(err), "changed: %v", err)
	if wrong != nil {
		require.Zero(t, l.asked, "nothing is asked of the database")
		require.Equal(t, before, l.merchants[0].Merchant)
	}
}

func TestNewMerchants(t *testing.T) {
	for _, test := range []struct {
		name  string
		edit  func(*account.NewMerchant)
		wrong []string
	}{
		{"shortest name", func(m *account.NewMerchant) { m.Name = "a" }, nil},
		{"longest name", func(m *account.NewMerchant) { m.Name = "a" + strings.Repeat("0._-", 15) + "xy" }, nil},
		{"longer name", func(m *account.NewMerchant) { m.Name = strings.Repeat("a", 64) }, []string{"name"}},
		{"no name", func(m *account.NewMerchant) { m.Name = "" }, []string{"name"}},
		{"digits, as an id", func(m *account.NewMerchant) { m.Name = "1a" }, []string{"name"}},
		{"capital", func(m *account.NewMerchant) { m.Name = "aB" }, []string{"name"}},
		{"line break", func(m *account.NewMerchant) { m.Name = "a\n" }, []string{"name"}},
		{"slash", func(m *account.NewMerchant) { m.Name = "a/b" }, []string{"name"}},
		{"no currency", func(m *account.NewMerchant) { m.Currency = "" }, []string{"currency"}},
		{"currency in small letters", func(m *account.NewMerchant) { m.Currency = "thb" }, []string{"currency"}},
		{"role there is not", func(m *account.NewMerchant) { m.Role = "guest" }, []string{"role"}},
		{
			"operator", func(m *account.NewMerchant) { m.Role, m.Currency = account.RoleOperator, "" }, nil,
		},
		{"operator with a currency", func(m *account.NewMerchant) { m.Role = account.RoleOperator }, []string{"currency"}},
		{"operator with credit", func(m *account.NewMerchant) {
			m.Role, m.Currency, m.CreditLimit = account.RoleOperator, "", 1
		}, []string{"currency"}},
		{"operator with a threshold", func(m *account.NewMerchant) {
			m.Role, m.Currency, m.LowBalance = account.RoleOperator, "", new(money.Amount(0))
		}, []string{"currency"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, s := opened(t)
			_, err := s.CreateMerchant(t.Context(), fresh(test.edit))
			require.Equal(t, test.wrong, fields(err), "%v", err)
		})
	}
}

func TestNewMerchantIsActiveAndOfTheRole(t *testing.T) {
	_, s := opened(t)
	m, err := s.CreateMerchant(t.Context(), fresh(settings(account.Settings{CallbackURL: "https://EXAMPLE.com/A"})))
	require.NoError(t, err)
	require.Equal(t, account.StatusActive, m.Status)
	require.Equal(t, account.RoleMerchant, m.Role)
	require.NotNil(t, m.Wallet)
	require.Equal(t, "https://example.com/A", m.Settings.CallbackURL, "in the form in which addresses are kept")

	_, err = s.CreateMerchant(t.Context(), fresh(nil))
	require.ErrorContains(t, err, "name is already in use")
}

func TestChangeOfSettingsIsTheCallersOwn(t *testing.T) {
	_, s := opened(t)
	given := account.Settings{CallbackURL: "https://EXAMPLE.com/A"}
	m, err := s.UpdateMerchant(t.Context(), 1, account.MerchantChange{Settings: &given})
	require.NoError(t, err)
	require.Equal(t, "https://example.com/A", m.Settings.CallbackURL)
	require.Equal(t, "https://EXAMPLE.com/A", given.CallbackURL)
}

func TestFindMerchantByIDOrName(t *testing.T) {
	_, s := opened(t)
	for key, id := range map[string]int64{
		"1": 1, "shop": 1, "root": 2, "Shop": 0, "": 0, "9": 0, "-1": 0, "9223372036854775808": 0,
	} {
		m, err := s.FindMerchant(t.Context(), key)
		require.Equal(t, id, m.ID, "%q", key)
		if id == 0 {
			require.ErrorIs(t, err, account.ErrMerchantNotFound, "%q", key)
		}
	}
}

func TestKeysOfRoles(t *testing.T) {
	for _, test := range []struct {
		merchant int64
		scope    account.Scope
		label    string
		wrong    []string
		want     error
	}{
		{1, account.ScopeMerchant, strings.Repeat("é", 200), nil, nil},
		{1, account.ScopeRead, "", nil, nil},
		{1, account.ScopeOrders, "", nil, nil},
		{2, account.ScopeAdmin, "", nil, nil},
		{2, account.ScopeRead, "", []string{"scope"}, nil},
		{1, account.ScopeAdmin, "", []string{"scope"}, nil},
		{2, account.ScopeMerchant, "", []string{"scope"}, nil},
		{1, "", "", []string{"scope"}, nil},
		{1, "root", "", []string{"scope"}, nil},
		{1, account.ScopeMerchant, strings.Repeat("é", 201), []string{"label"}, nil},
		{1, account.ScopeMerchant, "a\u202eb", []string{"label"}, nil},
		{9, account.ScopeMerchant, "", nil, account.ErrMerchantNotFound},
	} {
		t.Run(fmt.Sprint(test.merchant, test.scope, len(test.label)), func(t *testing.T) {
			l, s := opened(t)
			_, _, err := s.IssueKey(
				t.Context(), account.Key{MerchantID: test.merchant, Scope: test.scope, Label: test.label},
			)
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
			} else {
				require.Equal(t, test.wrong, fields(err), "%v", err)
			}
			require.Equal(t, err == nil, len(l.keys) == 1)
		})
	}
}

func TestIssuedKeyIsKeptByItsHashOnly(t *testing.T) {
	l, s := opened(t)
	till := account.Key{MerchantID: 1, Scope: account.ScopeMerchant, Label: "till"}
	first, plain, err := s.IssueKey(t.Context(), till)
	require.NoError(t, err)
	require.Equal(t, [][32]byte{secret.HashAPIKey(plain)}, l.hashes)
	require.True(t, strings.HasPrefix(plain, secret.APIKeyPrefix))
	require.NotContains(t, fmt.Sprintf("%+v", first), plain)
	_, again, err := s.IssueKey(t.Context(), till)
	require.NoError(t, err)
	require.NotEqual(t, plain, again)

	_, err = s.AddKey(t.Context(), till, plain)
	require.ErrorContains(t, err, "key is already in use")
	l.down = errs.ErrUnavailable
	_, _, err = s.IssueKey(t.Context(), till)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.Len(t, l.keys, 2)
}
