package gateway_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"orderhub/server/gateway"
)

// unreachable is an API that no call gets to.
type unreachable struct{ grpc.ClientConnInterface }

func (unreachable) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return errDown
}

func TestCrossOrigin(t *testing.T) {
	const page = "https://shop.example"
	ask := func(origins []string, verb, path string, headers ...string) http.Header {
		h := gateway.New(gateway.Options{API: unreachable{}, Log: slog.New(slog.DiscardHandler), CORSOrigins: origins})
		r := httptest.NewRequest(verb, path, http.NoBody)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Header()
	}
	const allowed = "Access-Control-Allow-Origin"
	preflight := []string{
		"Origin", page, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-api-key",
	}
	for _, verb := range []string{"GET", "OPTIONS"} {
		require.Empty(t, ask(nil, verb, "/hub/v1/account", preflight...).Get(allowed), "off unless told")
		require.Empty(t, ask([]string{"https://other.example"}, verb, "/hub/v1/account", preflight...).Get(allowed))
		require.Empty(
			t, ask([]string{page}, verb, "/v1/orders", preflight...).Get(allowed), "partners' doors are for servers",
		)
		require.Empty(t, ask([]string{page}, verb, "/healthz", preflight...).Get(allowed))
	}
	require.Equal(
		t, page, ask([]string{"https://other.example", page}, "GET", "/hub/v1/account", "Origin", page).Get(allowed),
	)
	require.Empty(t, ask([]string{page}, "GET", "/hub/v1/account", "Origin", page+".evil.example").Get(allowed))
	answer := ask([]string{page}, "OPTIONS", "/hub/v1/orders", preflight...)
	require.Equal(t, page, answer.Get(allowed))
	require.Equal(t, "POST", answer.Get("Access-Control-Allow-Methods"))
	require.Empty(t, answer.Get("Access-Control-Allow-Credentials"))
}
