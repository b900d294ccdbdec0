package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/secret"
	"orderhub/server/store/pgtest"
)

// replicatedConfig is that of a PostgreSQL database with a replica that answers reads.
func replicatedConfig(t *testing.T) config.Config {
	t.Helper()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Confirming)
	cfg := testConfig()
	cfg.Database, cfg.DatabaseRead = primary.URL("hub"), standby.URL("hub")
	cfg.Key = secret.Redacted(secret.GenerateKey())
	s := openStore(t, &cfg, app.Anything)
	require.NoError(t, s.Migrations.Up(ctx))
	require.NoError(t, s.Close())
	return cfg
}

// replicaReads is how many reads the replica has answered.
func (h *hub) replicaReads(t *testing.T) (reads int) {
	t.Helper()
	const name = `orderhub_replica_reads_total{reason="",server="replica"} `
	_, rest, found := strings.Cut(h.exposed(t), name)
	require.True(t, found)
	text, _, _ := strings.Cut(rest, "\n")
	reads, err := strconv.Atoi(text)
	require.NoError(t, err)
	return reads
}

// TestReadsGoToAReplica looks at every way to read what a merchant has: a replica answers, once it is fresh enough.
func TestReadsGoToAReplica(t *testing.T) {
	t.Parallel()
	h := startDemo(t, replicatedConfig(t))
	answered := func(what string, read func() int) {
		before := h.replicaReads(t)
		require.Eventually(t, func() bool {
			require.Contains(t, []int{http.StatusOK, http.StatusNotFound}, read(), what)
			return h.replicaReads(t) > before
		}, time.Minute, 20*time.Millisecond, what)
	}
	for name, place := range everywhere("read", func(string, *request) {}) {
		if name == "gRPC" {
			continue
		}
		_, _, body := h.ask(t, name, place)
		identifier := orderAt[name].identifier.FindStringSubmatch(body)
		require.NotNil(t, identifier, "%s: %s", name, body)
		answered(name, func() int {
			status, _, _ := h.ask(t, name, request{method: http.MethodGet, path: orderAt[name].path + identifier[1]})
			return status
		})
	}
	answered("marketacc's list", func() int {
		status, _, _ := h.ask(t, "marketacc", request{method: http.MethodGet, path: "/api/v2/orders"})
		return status
	})
	_, o := h.place(thb, newOrder("EMAIL_BASIC", 1))
	for _, path := range []string{
		"orders", "orders:byReference?referenceId=" + o.ReferenceID, "orders/" + o.OrderNumber + "/events", "events",
		"account/transfers", "webhook-deliveries", "webhook-deliveries/1",
	} {
		answered(path, func() int { return h.call(http.MethodGet, thb, "/hub/v1/"+path, nil, nil) })
	}
	told := h.follow(t, thb)
	answered("a stream", func() int {
		_, o := h.place(thb, newOrder("EMAIL_BASIC", 1))
		require.NotEmpty(t, o.OrderNumber)
		return http.StatusOK
	})
	require.Eventually(t, func() bool { return told("order.created") > 0 }, time.Minute, 20*time.Millisecond)
}
