package standard_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	svix "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"orderhub/server/webhook/standard"
)

// vector is the one that the specification publishes.
var vector = struct {
	secret, id, signature, body string
	at                          time.Time
}{
	secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
	signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", body: `{"test": 2432232314}`,
	at: time.Unix(1614265330, 0),
}

func TestPublishedVector(t *testing.T) {
	require.Equal(t, vector.signature, standard.Sign(vector.secret, vector.id, vector.at, []byte(vector.body)))
}

func header(id string, at time.Time, signature string) http.Header {
	h := make(http.Header)
	h.Set(standard.HeaderID, id)
	h.Set(standard.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standard.HeaderSignature, signature)
	return h
}

func TestAgainstTheirLibrary(t *testing.T) {
	now := time.Now()
	body := []byte(`{"type":"order.completed","text":"Ünïcode"}`)
	theirs, err := svix.NewWebhook(vector.secret)
	require.NoError(t, err)
	require.NoError(t, theirs.Verify(body, header("whd_1", now, standard.Sign(vector.secret, "whd_1", now, body))))
	signed, err := theirs.Sign("whd_1", now, body)
	require.NoError(t, err)
	require.NoError(t, standard.Verify(vector.secret, header("whd_1", now, signed).Get, body, now))

	raw, err := svix.NewWebhookRaw([]byte("a secret of the merchant"))
	require.NoError(t, err)
	require.NoError(
		t, raw.Verify(body, header("whd_1", now, standard.Sign("a secret of the merchant", "whd_1", now, body))),
	)
}

func TestVerify(t *testing.T) {
	now := time.Now()
	body := []byte(`{}`)
	good := standard.Sign(vector.secret, "whd_1", now, body)
	old := standard.Sign("whsec_AAAA", "whd_1", now, body)
	for name, tt := range map[string]struct {
		header http.Header
		body   string
		want   error
	}{
		"good":               {header("whd_1", now, good), "{}", nil},
		"second of several":  {header("whd_1", now, old+" v2,x "+good), "{}", nil},
		"another body":       {header("whd_1", now, good), "{ }", standard.ErrSignature},
		"another identifier": {header("whd_2", now, good), "{}", standard.ErrSignature},
		"another secret":     {header("whd_1", now, old), "{}", standard.ErrSignature},
		"no signature":       {header("whd_1", now, ""), "{}", standard.ErrSignature},
		"no version":         {header("whd_1", now, good[3:]), "{}", standard.ErrSignature},
		"another time":       {header("whd_1", now.Add(time.Minute), good), "{}", standard.ErrSignature},
		"too old":            {header("whd_1", now.Add(-6*time.Minute), good), "{}", standard.ErrTimestamp},
		"from the future":    {header("whd_1", now.Add(6*time.Minute), good), "{}", standard.ErrTimestamp},
		"no time":            {http.Header{}, "{}", standard.ErrTimestamp},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, standard.Verify(vector.secret, tt.header.Get, []byte(tt.body), now), tt.want)
		})
	}
}
