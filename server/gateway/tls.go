package gateway

import (
	"net"
	"net/http"

	"orderhub/server/weburl"
)

// insistOnTLS has browsers come over TLS alone from now on, for a year. It holds for every port of a name: that of the
// machine itself is shared with whatever else is tried there.
func insistOnTLS(w http.ResponseWriter, r *http.Request) {
	name, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		name = r.Host
	}
	if !weburl.Loopback(name) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
}
