package webhook_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/errs"
	"orderhub/server/webhook"
)

// fakeStore keeps one endpoint and its secret.
type fakeStore struct {
	webhook.Store
	kept   webhook.Endpoint
	secret string
}

func (f *fakeStore) CreateEndpoint(_ context.Context, e webhook.Endpoint, secret string, most int) (
	webhook.Endpoint, error,
) {
	if most != 20 {
		return webhook.Endpoint{}, &webhook.TooManyError{Most: most}
	}
	e.ID = 1
	f.kept, f.secret = e, secret
	return e, nil
}

func (f *fakeStore) Endpoint(context.Context, int64, int64) (webhook.Endpoint, error) {
	return f.kept, nil
}

func (f *fakeStore) UpdateEndpoint(_ context.Context, _, _ int64, edit func(*webhook.Endpoint) (string, error)) (
	webhook.Endpoint, error,
) {
	edited := f.kept
	secret, err := edit(&edited)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	f.kept = edited
	if secret != "" {
		f.secret = secret
	}
	return edited, nil
}

func good() webhook.Endpoint {
	return webhook.Endpoint{
		MerchantID: 7, Format: webhook.FormatStandard, URL: "https://a.example", MaxRetries: webhook.ByFormat,
	}
}

func TestCreate(t *testing.T) {
	store := &fakeStore{}
	s := webhook.NewService(store, false)
	created, secret, err := s.Create(t.Context(), good(), "")
	require.NoError(t, err)
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, secret)
	require.Equal(t, secret, store.secret)
	require.Equal(t, secret[:4]+"...", created.SecretHint)
	require.Equal(t, webhook.StatusActive, created.Status)
	_, another, err := s.Create(t.Context(), good(), "")
	require.NoError(t, err)
	require.NotEqual(t, secret, another)

	created, secret, err = s.Create(t.Context(), good(), "ßecret of my own")
	require.NoError(t, err)
	require.Equal(t, "ßecret of my own", secret)
	require.Equal(t, "ßecr...", created.SecretHint, "4 characters, not bytes")

	unsigned := good()
	unsigned.Format = bursagb.Name
	created, secret, err = s.Create(t.Context(), unsigned, "")
	require.NoError(t, err)
	require.Empty(t, secret+created.SecretHint+store.secret)
}

// An address is kept in one form, and what was kept before in another may be sent
// back as it is.
func TestAddressIsNormalized(t *testing.T) {
	store := &fakeStore{}
	s := webhook.NewService(store, true)
	e := good()
	e.URL = "HTTP://Bücher.example/ü|"
	created, _, err := s.Create(t.Context(), e, "")
	require.NoError(t, err)
	require.Equal(t, "http://xn--bcher-kva.example/%C3%BC%7C", created.URL)

	same, err := s.Update(t.Context(), 7, 1, "", webhook.Change{URL: &created.URL})
	require.NoError(t, err)
	require.Equal(t, created, same)
	other := "HTTPS://A.example"
	moved, err := s.Update(t.Context(), 7, 1, "", webhook.Change{URL: &other})
	require.NoError(t, err)
	require.Equal(t, "https://a.example", moved.URL)

	store.kept.URL = "HTTP://127.0.0.1:9955/x y"
	old := store.kept
	same, err = s.Update(t.Context(), 7, 1, "", webhook.Change{URL: &old.URL})
	require.NoError(t, err)
	require.Equal(t, old, same)
}

func TestCreateRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(e *webhook.Endpoint, secret *string)
		fields []string
	}{
		"no URL":         {func(e *webhook.Endpoint, _ *string) { e.URL = "" }, []string{"url"}},
		"local URL":      {func(e *webhook.Endpoint, _ *string) { e.URL = "https://127.0.0.1/" }, []string{"url"}},
		"no format":      {func(e *webhook.Endpoint, _ *string) { e.Format = "" }, []string{"format"}},
		"unknown format": {func(e *webhook.Endpoint, _ *string) { e.Format = "fax" }, []string{"format"}},
		"short secret":   {func(_ *webhook.Endpoint, secret *string) { *secret = "123456789" }, []string{"secret"}},
		"long secret": {
			func(_ *webhook.Endpoint, secret *string) { *secret = strings.Repeat("x", 256) }, []string{"secret"},
		},
		"NUL in secret": {func(_ *webhook.Endpoint, secret *string) { *secret = "0123456789\x00" }, []string{"secret"}},
		"no base64": {func(_ *webhook.Endpoint, secret *string) {
			*secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
		}, []string{"secret"}},
		"secret for none": {
			func(e *webhook.Endpoint, secret *string) { e.Format, *secret = "bursagb", "0123456789" }, []string{"secret"},
		},
		"unknown event": {
			func(e *webhook.Endpoint, _ *string) { e.Format, e.EventTypes = "gameso", []string{"order.created"} },
			[]string{"event_types[0]"},
		},
		"event twice": {func(e *webhook.Endpoint, _ *string) {
			e.EventTypes = []string{"order.created", "order.failed", "order.created"}
		}, []string{"event_types[2]"}},
		"made-up event": {
			func(e *webhook.Endpoint, _ *string) { e.EventTypes = []string{"foo.bar"} }, []string{"event_types[0]"},
		},
		"empty event": {
			func(e *webhook.Endpoint, _ *string) { e.EventTypes = []string{""} }, []string{"event_types[0]"},
		},
		"too many events": {
			func(e *webhook.Endpoint, _ *string) { e.EventTypes = make([]string, 21) }, []string{"event_types"},
		},
		"unknown status":   {func(e *webhook.Endpoint, _ *string) { e.Status = "gone" }, []string{"status"}},
		"negative retries": {func(e *webhook.Endpoint, _ *string) { e.MaxRetries = -2 }, []string{"max_retries"}},
		"many retries":     {func(e *webhook.Endpoint, _ *string) { e.MaxRetries = 21 }, []string{"max_retries"}},
		"short delay": {
			func(e *webhook.Endpoint, _ *string) { e.RetryDelay = time.Millisecond }, []string{"retry_delay"},
		},
		"negative delay": {func(e *webhook.Endpoint, _ *string) { e.RetryDelay = -time.Second }, []string{"retry_delay"}},
		"long delay": {
			func(e *webhook.Endpoint, _ *string) { e.RetryDelay = time.Hour + time.Second }, []string{"retry_delay"},
		},
		"broken second": {
			func(e *webhook.Endpoint, _ *string) { e.RetryDelay = 1500 * time.Millisecond }, []string{"retry_delay"},
		},
		"long description": {
			func(e *webhook.Endpoint, _ *string) { e.Description = strings.Repeat("x", 256) }, []string{"description"},
		},
		"everything": {
			func(e *webhook.Endpoint, secret *string) { *e, *secret = webhook.Endpoint{Status: "x"}, "x" },
			[]string{"url", "format", "secret", "status"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, secret := good(), "0123456789"
			tt.change(&e, &secret)
			store := &fakeStore{}
			_, _, err := webhook.NewService(store, false).Create(t.Context(), e, secret)
			requireFields(t, err, tt.fields)
			require.Zero(t, store.kept)
			require.NotContains(t, err.Error(), "0123456789")
		})
	}
}

func requireFields(t *testing.T, err error, fields []string) {
	t.Helper()
	var invalid *errs.InvalidError
	require.ErrorAs(t, err, &invalid)
	var got []string
	for _, v := range invalid.Violations {
		got = append(got, v.Field)
	}
	require.Equal(t, fields, got)
}

func TestUpdate(t *testing.T) {
	store := &fakeStore{}
	s := webhook.NewService(store, true)
	local := good()
	local.URL = "http://127.0.0.1/"
	created, secret, err := s.Create(t.Context(), local, "")
	require.NoError(t, err)

	same, err := s.Update(t.Context(), 7, 1, "", webhook.Change{})
	require.NoError(t, err)
	require.Equal(t, created, same)

	// Once local addresses are no longer allowed, the endpoint can still be
	// switched off, but not moved to another one.
	s = webhook.NewService(store, false)
	inactive, next, none := webhook.StatusInactive, "http://127.0.0.2/", ""
	off, err := s.Update(t.Context(), 7, 1, webhook.FormatStandard, webhook.Change{Status: &inactive})
	require.NoError(t, err)
	require.Equal(t, webhook.StatusInactive, off.Status)
	require.Equal(t, secret, store.secret)
	_, err = s.Update(t.Context(), 7, 1, "", webhook.Change{URL: &next, Secret: &none})
	requireFields(t, err, []string{"url", "secret"})
	require.Equal(t, off, store.kept)

	store.kept.Status, store.kept.DisableReason = webhook.StatusDisabled, "it is gone"
	note := "moved"
	disabled, err := s.Update(t.Context(), 7, 1, "", webhook.Change{Description: &note})
	require.NoError(t, err)
	require.Equal(t, webhook.StatusDisabled, disabled.Status)
	store.kept.Status, store.kept.DisableReason = webhook.StatusInactive, ""

	fresh := "another secret"
	changed, err := s.Update(t.Context(), 7, 1, "", webhook.Change{Secret: &fresh})
	require.NoError(t, err)
	require.Equal(t, "ano...", changed.SecretHint)
	require.Equal(t, fresh, store.secret)

	for _, call := range []func() error{
		func() error { _, err := s.Get(t.Context(), 7, 1, gameso.Name); return err },
		func() error {
			_, err := s.Update(t.Context(), 7, 1, gameso.Name, webhook.Change{})
			return err
		},
		func() error { _, err := s.Delete(t.Context(), 7, 1, gameso.Name); return err },
	} {
		require.ErrorIs(t, call(), webhook.ErrEndpointNotFound, "of another format")
	}
}

func TestSchedule(t *testing.T) {
	e := good()
	require.Equal(t, webhook.Schedule{MaxRetries: 7}, e.Schedule())
	e.Format = bursagb.Name
	require.Equal(t, webhook.Schedule{MaxRetries: 7}, e.Schedule())
	e.Format = gameso.Name
	require.Equal(t, webhook.Schedule{MaxRetries: 3, RetryDelay: time.Minute}, e.Schedule())
	e.MaxRetries, e.RetryDelay = 0, time.Hour
	require.Equal(t, webhook.Schedule{MaxRetries: 0, RetryDelay: time.Hour}, e.Schedule())
}
