package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestToday(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("CODE", 10, 5)
		h.place("r-1", "CODE", 2)
		h.parked("r-2")
		viewer := h.browser("vera", operator.Viewer)
		page := viewer.get("/console/today")
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.Contains(t, page.body, "<b>1</b> attempt waits for a decision")
		require.Contains(t, page.body, "<b>3</b> of CODE left")
		require.Contains(t, page.body, "Revenue in THB")
		require.Contains(t, page.body, "40.00 <abbr>THB</abbr>")
		before := viewer.get(hrefOf(t, page.body, "date="))
		require.Contains(t, before.body, ">The next day</a>")
		require.NotContains(t, before.body, "<h1>Today")
		require.Contains(t, before.body, "What needs a person now, whichever day is shown")
		require.Contains(t, page.body, "<h1>Today, ")
		require.NotContains(t, page.body, "to search.", "there is nothing to search by")
		require.Contains(t, viewer.get("/console/orders").body, "to search.")
		later := viewer.get("/console/today?date=2999-01-01")
		require.Equal(t, http.StatusOK, later.StatusCode)
		require.Contains(t, later.body, "<h1>2999-01-01</h1>")
		require.Contains(t, later.body, ">Today</a>")
		require.Equal(t, http.StatusBadRequest, viewer.get("/console/today?date=yesterday").StatusCode)

		for _, path := range []string{
			"/console/today/orders.svg", "/console/today/orders.svg?dark=1", "/console/today/revenue.svg?currency=THB",
		} {
			drawn := viewer.get(path)
			require.Equal(t, "image/svg+xml", drawn.Header.Get("Content-Type"), path)
			require.Equal(
				t, "default-src 'none'; style-src 'unsafe-inline'; sandbox", drawn.Header.Get("Content-Security-Policy"), path,
			)
			require.True(t, strings.HasPrefix(drawn.body, "<svg"), path)
			require.Contains(t, drawn.body, ">The day before</text>", path)
			require.Contains(t, drawn.body, ">23</text>", path)
			require.NotContains(t, drawn.body, "<script", path)
		}
		require.Equal(t, "/console/sign-in", h.stranger().get("/console/today/orders.svg").Request.URL.Path)
	})
}

// The day is the operator's, where the browser has said how far its clock is ahead; nonsense counts for nothing.
func TestDayOfTheOperator(t *testing.T) {
	h := startSQLite(t)
	viewer := h.browser("vera", operator.Viewer)
	start := func(offset string) string {
		request := viewer.request("/console/today")
		request.AddCookie(&http.Cookie{Name: "orderhub-offset", Value: offset})
		answer := viewer.do(request)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		_, rest, found := strings.Cut(answer.body, `<th scope="row"><time datetime="`)
		require.True(t, found)
		return rest[len("2026-11-29"):len("2026-11-29T17:00:00Z")]
	}
	require.Equal(t, "T17:00:00Z", start("420"))
	for _, offset := range []string{"", "0", "7", "100000", "x"} {
		require.Equal(t, "T00:00:00Z", start(offset), offset)
	}
}

// The first hour of a day is one value, which is no line.
func TestFirstHourIsSeen(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("CODE", 10, 5)
	h.place("r-1", "CODE", 2)
	viewer := h.browser("vera", operator.Viewer)
	const hoursOfDay = 24
	dots := func(hour int) int {
		now := time.Now().UTC()
		offset := ((hour - now.Hour() + hoursOfDay) % hoursOfDay) * 60
		if offset > 14*60 {
			offset -= hoursOfDay * 60
		}
		request := viewer.request("/console/today/orders.svg")
		request.AddCookie(&http.Cookie{Name: "orderhub-offset", Value: strconv.Itoa(offset)})
		answer := viewer.do(request)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		return strings.Count(answer.body, ` r="4"`)
	}
	require.Equal(t, 1, dots(0))
	require.Zero(t, dots(12), "the line is seen")
}
