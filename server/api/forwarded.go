package api

import (
	"net/http"
	"slices"
	"strings"
)

// OverTLS reports whether the client of an HTTP request speaks TLS: with this process or, as proxies that are trusted
// say, with the first of them. Each adds to X-Forwarded-Proto what it was spoken to with, as it adds to
// X-Forwarded-For by whom; what comes before that is the client's own. One value for several proxies is that of the
// first of them, which the others left as it was.
func (s *Server) OverTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	from := httpPeer{addr: parseAddress(r.RemoteAddr), forwarded: r.Header.Values("X-Forwarded-For")}
	hops := s.guard.trustedHops(from)
	if hops == 0 {
		return false
	}
	said := listOf(r.Header.Values("X-Forwarded-Proto"))
	return strings.EqualFold(said[max(len(said)-hops, 0)], "https")
}

// listOf are the values of a header that is a list, whichever way it is cut into lines; of none it is one empty value.
func listOf(lines []string) []string {
	values := strings.Split(strings.Join(lines, ","), ",")
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	return values
}

// trustedHops is how many trusted proxies a request came through, one after the other until here.
func (g *guard) trustedHops(from httpPeer) (hops int) {
	if !g.trusts(from.addr) {
		return 0
	}
	hops = 1
	for _, hop := range slices.Backward(listOf(from.forwarded)) {
		if !g.trusts(parseAddress(hop)) {
			return hops
		}
		hops++
	}
	return hops
}
