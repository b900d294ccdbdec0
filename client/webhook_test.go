package client

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "a secret of the merchant"
	message   = `{"type":"order.completed","timestamp":"2026-11-25T22:13:08.662394Z","data":{"event":{"sequence":"7",
		"type":"order.completed","fromTheFuture":1},"order":{"orderNumber":"ord_1","status":"ORDER_STATUS_COMPLETED"},
		"changedLines":[1,2]}}`
)

// signed is a message as the hub posts it, with a signature by each key.
func signed(t *testing.T, at time.Time, body string, keys ...string) http.Header {
	t.Helper()
	var signatures []string
	for _, text := range keys {
		key, err := standardwebhooks.NewWebhookRaw([]byte(text))
		if strings.HasPrefix(text, secretPrefix) {
			key, err = standardwebhooks.NewWebhook(text)
		}
		require.NoError(t, err)
		signature, err := key.Sign("whd_1", at, []byte(body))
		require.NoError(t, err)
		signatures = append(signatures, signature)
	}
	h := make(http.Header)
	h.Set("Webhook-Id", "whd_1")
	h.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("Webhook-Signature", strings.Join(signatures, " "))
	return h
}

func TestWebhookIsRead(t *testing.T) {
	v, err := NewWebhookVerifier(oldSecret)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(message))
	r.Header = signed(t, time.Now(), message, newSecret, oldSecret)
	w, err := v.Read(r)
	require.NoError(t, err)
	require.Equal(t, "whd_1", w.ID)
	require.Equal(t, "order.completed", w.Type)
	require.Equal(t, int64(7), w.Event.GetSequence())
	require.Equal(t, "ord_1", w.Order.GetOrderNumber())
	require.Equal(t, []int32{1, 2}, w.ChangedLines)
	require.Equal(t, 2026, w.Time.Year())

	large := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", maxWebhookBytes+1)))
	_, err = v.Read(large)
	require.ErrorIs(t, err, ErrWebhookBody)
}

func TestWebhookIsVerified(t *testing.T) {
	now := time.Now()
	header := func(change func(http.Header)) http.Header {
		h := signed(t, now, message, oldSecret)
		change(h)
		return h
	}
	without := func(name string) http.Header { return header(func(h http.Header) { h.Del(name) }) }
	by := func(secret string) http.Header { return signed(t, now, message, secret) }
	from := func(ago time.Duration) http.Header { return signed(t, now.Add(-ago), message, oldSecret) }
	other := header(func(h http.Header) { h.Set("Webhook-Id", "whd_2") })
	only, both := []string{oldSecret}, []string{newSecret, oldSecret}
	for name, tt := range map[string]struct {
		secrets []string
		header  http.Header
		body    string
		want    error
	}{
		"right":                     {only, by(oldSecret), message, nil},
		"while it is changed":       {both, by(oldSecret), message, nil},
		"after it was changed":      {both, by(newSecret), message, nil},
		"just in time":              {only, from(299 * time.Second), message, nil},
		"another secret":            {[]string{newSecret}, by(oldSecret), message, ErrWebhookSignature},
		"another body":              {only, by(oldSecret), message + " ", ErrWebhookSignature},
		"too old":                   {only, from(302 * time.Second), message, ErrWebhookTime},
		"from the future":           {only, from(-302 * time.Second), message, ErrWebhookTime},
		"no time":                   {only, without("Webhook-Timestamp"), message, ErrWebhookTime},
		"no signature":              {only, without("Webhook-Signature"), message, ErrWebhookSignature},
		"another identifier":        {only, other, message, ErrWebhookSignature},
		"signed, but nothing of it": {only, signed(t, now, "[]", oldSecret), "[]", ErrWebhookBody},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := NewWebhookVerifier(tt.secrets...)
			require.NoError(t, err)
			v.now = func() time.Time { return now }
			_, err = v.Verify(tt.header, []byte(tt.body))
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {"whsec_"}, {"whsec_not base64!"}, {newSecret, ""}} {
		_, err := NewWebhookVerifier(secrets...)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "not base64!", "a secret is in no error")
	}
}
