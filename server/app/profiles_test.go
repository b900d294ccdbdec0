package app_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Profiles are served when that is asked for, beside the metrics and nowhere else.
func TestProfiles(t *testing.T) {
	t.Parallel()
	without, cfg := start(t, sqliteConfig(t)), sqliteConfig(t)
	cfg.Profiling = true
	with := start(t, cfg)
	for _, test := range []struct {
		address string
		want    int
	}{
		{with.Addresses().Metrics + "/debug/pprof/", http.StatusOK},
		{with.Addresses().Metrics + "/debug/pprof/heap", http.StatusOK},
		{with.Addresses().Metrics + "/debug/pprof/profile?seconds=1", http.StatusOK},
		{with.Addresses().Metrics + "/debug/pprof/cmdline", http.StatusNotFound},
		{with.Addresses().HTTP + "/debug/pprof/", http.StatusNotFound},
		{without.Addresses().Metrics + "/debug/pprof/", http.StatusNotFound},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+test.address, http.NoBody)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, test.want, response.StatusCode, test.address)
	}
}
