package account_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/errs"
)

var (
	near = netip.MustParseAddr("192.0.2.7")
	far  = netip.MustParseAddr("198.51.100.7")
)

// keyed is opened with the merchant's keys "one" and "two", the operator's "admin",
// and a revoked "old".
func keyed(t *testing.T) (*ledger, *account.Service) {
	t.Helper()
	l, s := opened(t)
	for _, plain := range []string{"one", "two", "old"} {
		_, err := s.AddKey(t.Context(), account.Key{MerchantID: 1, Scope: account.ScopeMerchant}, plain)
		require.NoError(t, err)
	}
	_, err := s.AddKey(t.Context(), account.Key{MerchantID: 2, Scope: account.ScopeAdmin}, "admin")
	require.NoError(t, err)
	_, err = s.RevokeKey(t.Context(), 1, 3)
	require.NoError(t, err)
	l.asked = 0
	return l, s
}

func TestWhoAKeyLetsIn(t *testing.T) {
	nearOnly := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, test := range []struct {
		name, key string
		status    account.Status
		allowlist []netip.Prefix
		from      netip.Addr
		want      error
		who       int64
	}{
		{name: "a merchant's", key: "one", from: far, who: 1},
		{name: "an operator's", key: "admin", from: far, who: 2},
		{name: "nobody's", key: "three", want: account.ErrUnauthenticated},
		{name: "none", want: account.ErrUnauthenticated},
		{name: "a revoked one", key: "old", want: account.ErrUnauthenticated},
		{name: "from near", key: "one", allowlist: nearOnly, from: near, who: 1},
		{name: "from far", key: "one", allowlist: nearOnly, from: far, want: account.ErrAddressNotAllowed, who: 1},
		{name: "suspended", key: "one", status: account.StatusSuspended, want: account.ErrSuspended, who: 1},
		{
			name: "suspended and from far", key: "one", status: account.StatusSuspended, allowlist: nearOnly, from: far,
			want: account.ErrSuspended, who: 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _ := keyed(t)
			if test.status != "" {
				l.merchants[0].Status = test.status
			}
			l.merchants[0].IPAllowlist = test.allowlist
			a := account.NewAuthenticator(l, time.Now)
			p, err := a.Authenticate(t.Context(), account.KeyCredential(test.key), test.from)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.who, p.MerchantID, "who is refused is told, for the log")
			require.Equal(t, test.key == "admin", p.Admin())
			p, err = a.Identify(t.Context(), account.KeyCredential(test.key), test.from)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.who, p.MerchantID)
		})
	}
}

func TestRevokedKeyIsGoneWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := keyed(t)
		a := account.NewAuthenticator(l, time.Now)
		for range 3 {
			_, err := a.Authenticate(t.Context(), account.KeyCredential("one"), near)
			require.NoError(t, err)
		}
		require.Equal(t, 1, l.asked, "it is remembered")
		_, err := s.RevokeKey(t.Context(), 1, 1)
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = a.Authenticate(t.Context(), account.KeyCredential("one"), near)
		require.ErrorIs(t, err, account.ErrUnauthenticated)
		_, err = a.Authenticate(t.Context(), account.KeyCredential("two"), near)
		require.NoError(t, err, "the others go on")

		_, err = a.Authenticate(t.Context(), account.KeyCredential("new"), near)
		require.ErrorIs(t, err, account.ErrUnauthenticated)
		_, err = s.AddKey(t.Context(), account.Key{MerchantID: 1, Scope: account.ScopeMerchant}, "new")
		require.NoError(t, err)
		_, err = a.Authenticate(t.Context(), account.KeyCredential("new"), near)
		require.NoError(t, err, "that nobody had it is not remembered")
	})
}

// A database that does not answer is no proof that a key is nobody's.
func TestTroubleIsNoRefusal(t *testing.T) {
	l, _ := keyed(t)
	l.down = errs.ErrUnavailable
	a := account.NewAuthenticator(l, time.Now)
	_, err := a.Authenticate(t.Context(), account.KeyCredential("one"), near)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	_, err = a.AuthenticateMerchant(t.Context(), account.SignedIn{MerchantID: 1}, near, account.RateLimit{})
	require.ErrorIs(t, err, errs.ErrUnavailable)
	_, err = a.One(t.Context(), keys("one", "three"))
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.ErrorIs(t, a.NoOther(t.Context(), "one", []string{"three"}), errs.ErrUnavailable)
}

// keys are what a request shows that carries these.
func keys(plain ...string) (shown []account.Credential) {
	for _, key := range plain {
		shown = append(shown, account.KeyCredential(key))
	}
	return shown
}

func TestCertificateBesideKeys(t *testing.T) {
	l, s := keyed(t)
	bound := account.FingerprintOf([]byte("till"))
	_, err := s.AddKey(
		t.Context(), account.Key{MerchantID: 1, Scope: account.ScopeMerchant, Certificate: bound}, "three",
	)
	require.NoError(t, err)
	a := account.NewAuthenticator(l, time.Now)
	certificate, stranger := account.CertificateCredential(bound), account.CertificateCredential(account.Fingerprint{1})
	for _, test := range []struct {
		name  string
		shown []account.Credential
		want  error
	}{
		{"alone", []account.Credential{certificate}, nil},
		{"with its key", append(keys("three"), certificate), nil},
		{"with another key", append(keys("one"), certificate), account.ErrOtherCertificate},
		{"with a key that is nobody's", append(keys("five"), certificate), account.ErrUnauthenticated},
		{"one that stands for nobody, with a key", append(keys("one"), stranger), nil},
		{"with two keys", append(keys("one", "two"), certificate), account.ErrSeveralKeys},
	} {
		one, err := a.One(t.Context(), test.shown)
		require.ErrorIs(t, err, test.want, test.name)
		if test.want == nil {
			require.Equal(t, test.shown[0], one, test.name)
			_, err = a.Authenticate(t.Context(), one, near)
			require.NoError(t, err, test.name)
		}
	}
	// What is shown as a key is never looked for among certificates.
	_, err = a.Authenticate(t.Context(), account.Credential{Hash: bound}, near)
	require.ErrorIs(t, err, account.ErrUnauthenticated)
	_, err = a.Authenticate(t.Context(), stranger, near)
	require.ErrorIs(t, err, account.ErrUnauthenticated)
}

func TestKeysBesideEachOther(t *testing.T) {
	for _, test := range []struct {
		name string
		keys []string
		want error
	}{
		{"none", nil, nil},
		{"one, whosever it is", []string{"three"}, nil},
		{"the same again", []string{"one", "one", "one"}, nil},
		{"two of one merchant", []string{"one", "two"}, account.ErrSeveralKeys},
		{"two of two", []string{"one", "admin"}, account.ErrSeveralKeys},
		{"nobody's after it", []string{"one", "three", "", "old"}, nil},
		{"nobody's before it", []string{"three", "one"}, account.ErrUnauthenticated},
		{"no key before it", []string{"", "one"}, account.ErrUnauthenticated},
		{"four", []string{"one", "3", "4", "5"}, nil},
		{"five, whatever they are", []string{"one", "3", "4", "5", "6"}, account.ErrSeveralKeys},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _ := keyed(t)
			l.merchants[1].Status = account.StatusSuspended // its keys are somebody's still
			key, err := account.NewAuthenticator(l, time.Now).One(t.Context(), keys(test.keys...))
			require.ErrorIs(t, err, test.want)
			if test.want == nil && len(test.keys) > 0 {
				require.Equal(t, account.KeyCredential(test.keys[0]), key)
			}
			require.LessOrEqual(t, l.asked, 4, "look-ups of one request")
		})
	}
}

func TestTokenOfADoor(t *testing.T) {
	for _, test := range []struct {
		name   string
		status account.Status
		who    account.SignedIn
		want   error
	}{
		{"of these credentials", account.StatusActive, account.SignedIn{MerchantID: 1, CredentialsVersion: 5}, nil},
		{
			"of earlier ones", account.StatusActive,
			account.SignedIn{MerchantID: 1, CredentialsVersion: 4},
			account.ErrUnauthenticated,
		},
		{
			"of ones that never were", account.StatusActive,
			account.SignedIn{MerchantID: 1, CredentialsVersion: 6},
			account.ErrUnauthenticated,
		},
		{"of nobody", account.StatusActive, account.SignedIn{MerchantID: 9}, account.ErrUnauthenticated},
		{
			"of one that is suspended", account.StatusSuspended,
			account.SignedIn{MerchantID: 1, CredentialsVersion: 5},
			account.ErrSuspended,
		},
		{
			"of earlier ones, and suspended", account.StatusSuspended,
			account.SignedIn{MerchantID: 1, CredentialsVersion: 4},
			account.ErrSuspended,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _ := keyed(t)
			l.merchants[0].CredentialsVersion, l.merchants[0].Status = 5, test.status
			_, err := account.NewAuthenticator(l, time.Now).
				AuthenticateMerchant(t.Context(), test.who, near, account.RateLimit{})
			require.ErrorIs(t, err, test.want)
		})
	}
}

// Who signs in again just after another password was set is let in at once, and
// who signed in before within a second no more.
func TestTokenAfterAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := keyed(t)
		a := account.NewAuthenticator(l, time.Now)
		holds := func(version int) error {
			_, err := a.AuthenticateMerchant(
				t.Context(), account.SignedIn{MerchantID: 1, CredentialsVersion: version}, near, account.RateLimit{},
			)
			return err
		}
		require.NoError(t, holds(0))
		require.NoError(t, holds(0))
		require.Equal(t, 1, l.asked)
		l.merchants[0].CredentialsVersion = 1
		require.NoError(t, holds(1))
		require.ErrorIs(t, holds(0), account.ErrUnauthenticated)
		l.merchants[0].CredentialsVersion = 2
		time.Sleep(time.Second)
		require.ErrorIs(t, holds(1), account.ErrUnauthenticated)
	})
}
