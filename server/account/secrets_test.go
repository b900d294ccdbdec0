package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/secret"
)

func TestSecretsThatMayBeSet(t *testing.T) {
	for _, test := range []struct {
		name  string
		given account.Secrets
		wrong []string
	}{
		{"shortest password", account.Secrets{Password: new("é234567é")}, nil},
		{"shorter password", account.Secrets{Password: new("é23456é")}, []string{"password"}},
		{"longest password", account.Secrets{Password: new(strings.Repeat("é", 512))}, nil},
		{"longer password", account.Secrets{Password: new(strings.Repeat("é", 512) + "x")}, []string{"password"}},
		{"password with a blank within", account.Secrets{Password: new("correct horse")}, nil},
		{"password with a line break", account.Secrets{Password: new("correct horse\n")}, []string{"password"}},
		{"password with an invisible character", account.Secrets{Password: new("correct\u200bhorse")}, []string{"password"}},
		{"password not in UTF-8", account.Secrets{Password: new("correct\xffhorse")}, []string{"password"}},
		{"longest code", account.Secrets{ChannelCode: new(strings.Repeat("é", 255))}, nil},
		{"longer code", account.Secrets{ChannelCode: new(strings.Repeat("é", 256))}, []string{"channel_code"}},
		{"code that ends with a blank", account.Secrets{ChannelCode: new("code\u00a0")}, []string{"channel_code"}},
		{"code that begins with a mark", account.Secrets{ChannelCode: new("\ufeffcode")}, []string{"channel_code"}},
		{"shortest callback key", account.Secrets{CallbackKey: new(strings.Repeat("k", 10))}, nil},
		{"shorter callback key", account.Secrets{CallbackKey: new(strings.Repeat("k", 9))}, []string{"callback_key"}},
		{"longest callback key", account.Secrets{CallbackKey: new(strings.Repeat("~", 255))}, nil},
		{"longer callback key", account.Secrets{CallbackKey: new(strings.Repeat("~", 256))}, []string{"callback_key"}},
		{"callback key with a blank", account.Secrets{CallbackKey: new("0123 456789")}, []string{"callback_key"}},
		{"callback key no header can have", account.Secrets{CallbackKey: new("012345678é")}, []string{"callback_key"}},
		{"callback key that signs badly", account.Secrets{CallbackKey: new("whsec_0123")}, []string{"callback_key"}},
		{
			"one good and two bad",
			account.Secrets{Password: new(horse), ChannelCode: new("\n"), CallbackKey: new(" ")},
			[]string{"channel_code", "callback_key"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, s := opened(t)
			err := s.SetSecrets(t.Context(), 1, test.given)
			require.Equal(t, test.wrong, fields(err), "%v", err)
			kept := l.merchants[0].Credentials
			require.Equal(t, test.wrong != nil, kept == account.Credentials{}, "all of them or none")
			if err == nil {
				require.NoError(t, s.SetSecrets(t.Context(), 1, account.Secrets{}), "nothing is given")
				require.Equal(t, kept, l.merchants[0].Credentials)
			}
		})
	}
}

func TestSecretsAreKeptAsHashes(t *testing.T) {
	l, s := opened(t)
	require.NoError(t, s.SetPassword(t.Context(), 1, horse))
	require.NoError(t, s.SetChannelCode(t.Context(), 1, "Code 1"))
	require.NoError(t, s.SetCallbackKey(t.Context(), 1, "0123456789"))
	kept := &l.merchants[0].Credentials
	require.True(t, strings.HasPrefix(*kept.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$"), "what OWASP asks for")
	require.NotContains(t, *kept.PasswordHash, horse)
	require.Equal(t, secret.HashAPIKey("Code 1"), *kept.ChannelCode)
	require.Equal(t, "0123456789", *kept.CallbackKey, "it is shown to receivers")
	before := *kept.PasswordHash
	require.NoError(t, s.SetPassword(t.Context(), 1, horse))
	require.NotEqual(t, before, *kept.PasswordHash, "every hash has a salt of its own")

	require.NoError(t, s.SetSecrets(t.Context(), 1, account.Secrets{
		Password: new(""), ChannelCode: new(""), CallbackKey: new(""),
	}))
	require.Empty(t, *kept.PasswordHash)
	require.Zero(t, *kept.ChannelCode)
	require.Empty(t, *kept.CallbackKey)
}

func TestRemovedPasswordLetsNobodyIn(t *testing.T) {
	_, s := opened(t)
	require.NoError(t, s.SetPassword(t.Context(), 1, horse))
	_, err := s.Login(t.Context(), account.SignIn{Email: "a@example.com", Password: horse})
	require.NoError(t, err)
	require.NoError(t, s.SetPassword(t.Context(), 1, ""))
	for _, tried := range []string{horse, ""} {
		_, err = s.Login(t.Context(), account.SignIn{Email: "a@example.com", Password: tried})
		require.ErrorIs(t, err, account.ErrBadCredentials, "%q", tried)
	}
}

func TestSuspendedMerchantCannotSignIn(t *testing.T) {
	_, s := opened(t)
	require.NoError(t, s.SetPassword(t.Context(), 1, horse))
	_, err := s.UpdateMerchant(t.Context(), 1, account.MerchantChange{Status: new(account.StatusSuspended)})
	require.NoError(t, err)
	_, err = s.Login(t.Context(), account.SignIn{Email: "a@example.com", Password: horse})
	require.ErrorIs(t, err, account.ErrBadCredentials, "no other answer than to a wrong password")
}

func TestSecretsOfNobody(t *testing.T) {
	_, s := opened(t)
	require.ErrorIs(t, s.SetCallbackKey(t.Context(), 9, "0123456789"), account.ErrMerchantNotFound)
}
