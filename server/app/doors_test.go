package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
	"orderhub/server/order"
)

// The last units of a product, and the last tickets of a day, are sold exactly
// once, whichever doors they are asked for at the same time.
func TestLastUnitsAcrossDoors(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			for name, race := range map[string]struct {
				left int64
				ways []func(n int) (string, request)
			}{
				"units": {3, []func(n int) (string, request){
					func(n int) (string, request) { return "REST", restOrder(fmt.Sprint("last-", n), "EMAIL_RARE", "1") },
					func(n int) (string, request) {
						return "GameSO", gamesoOrderOf(fmt.Sprint("last-", n), "EMAIL_RARE", "1")
					},
					func(n int) (string, request) { return "marketacc", marketOrderOf(fmt.Sprint("last-", n), "316", "1") },
				}},
				"tickets of a day": {5, []func(n int) (string, request){
					func(n int) (string, request) {
						r := with(restOrder(fmt.Sprint("day-", n), "PARK_FEW", "1"), demo.ChannelKey)
						r.body = strings.Replace(r.body, `"quantity":1`, `"quantity":1,"useDate":"2030-05-01"`, 1)
						return "REST", r
					},
					func(n int) (string, request) {
						return "AX Cloud", axOrderOf(fmt.Sprint("day-", n), parkFew, parkFewOption, "1")
					},
				}},
			} {
				t.Run(name, func(t *testing.T) {
					var sold atomic.Int64
					var running sync.WaitGroup
					for n := range 30 {
						running.Go(func() {
							door, r := race.ways[n%len(race.ways)](n)
							status, _, body := h.ask(t, door, r)
							switch {
							case status == http.StatusOK, status == http.StatusCreated:
								sold.Add(1)
							case status >= http.StatusInternalServerError:
								t.Errorf("%s: %d %s", door, status, body)
							}
						})
					}
					running.Wait()
					require.Equal(t, race.left, sold.Load())
				})
			}
			h.verify(&cfg)
		})
	}
}

// What came through a door is read through the hub's own contract, with all that
// the door put into it.
func TestDoorsOrdersAtTheHub(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	status, _, body := h.ask(t, "AX Cloud", axOrderOf("ax-1", parkDay, parkDayOption, "2"))
	require.Equal(t, http.StatusCreated, status, body)
	var found struct {
		Orders []struct {
			OrderNumber, Door, DoorData string
			Lines                       []struct{ Code, DoorState string }
		}
	}
	h.call(http.MethodGet, demo.ChannelKey, "/hub/v1/orders", nil, &found)
	require.Len(t, found.Orders, 1)
	o := found.Orders[0]
	require.Equal(t, "axcloud", o.Door)
	require.Regexp(t, ticket, o.Lines[0].Code)
	require.Contains(t, o.Lines[0].DoorState, "New")
	require.Empty(t, o.DoorData, "personal data is not in lists")
	var one struct {
		DoorData string
		Lines    []struct {
			Goods []struct{ TicketCode string }
		}
	}
	h.call(http.MethodGet, demo.ChannelKey, "/hub/v1/orders/"+o.OrderNumber, nil, &one)
	require.Contains(t, one.DoorData, "a@example.com")
	require.Len(t, one.Lines[0].Goods, 2)

	status, _, body = h.ask(t, "GameSO", gamesoOrderOf("shared", "DIAMOND_100", "1"))
	require.Equal(t, http.StatusOK, status, body)
	status, _, body = h.ask(t, "REST", request{method: "GET", path: "/hub/v1/orders:byReference?referenceId=shared"})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"door":"gameso"`)
	require.Contains(t, body, `"userId":"u1"`)
	status, _, _ = h.ask(t, "marketacc", marketOrderOf("shared", "2", "1"))
	require.Equal(t, http.StatusBadRequest, status, "one namespace of references")
	count, err := h.Orders.Count(t.Context(), order.ByMerchant(1), order.Filter{})
	require.NoError(t, err)
	require.EqualValues(t, 1, count)
}

// Doors that are closed are not there.
func TestClosedDoors(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.Doors = []string{"gameso"}
	h := startDemo(t, cfg)
	status, _, _ := h.ask(t, "GameSO", gamesoOrderOf("open", "DIAMOND_100", "1"))
	require.Equal(t, http.StatusOK, status)
	for _, r := range []request{
		marketOrderOf("closed", "1", "1"), bursaOrderOf("closed", "2", "1"), axOrderOf("closed", parkDay, parkDayOption, "1"),
	} {
		status, _, body := h.ask(t, "REST", r)
		require.Equal(t, http.StatusNotFound, status)
		require.Contains(t, body, "ROUTE_NOT_FOUND")
	}
}
