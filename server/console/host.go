package console

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"orderhub/server/weburl"
)

// hosts are the names under which there is a console; nil for any.
type hosts map[string]bool

// hostsOf are those of origins.
func hostsOf(origins []string) (hosts, error) {
	if len(origins) == 0 {
		return nil, nil
	}
	all := hosts{}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil {
			return nil, err
		}
		all[plainHost(u.Host)] = true
	}
	return all, nil
}

// has reports whether there is a console under the name that a request has: one of them, or the machine's own, which
// reaches nobody else's.
func (h hosts) has(host string) bool {
	if h == nil || h[plainHost(host)] {
		return true
	}
	name, _ := splitHost(host)
	return weburl.Loopback(name)
}

// plainHost is a host without what may be left out: browsers leave the ports of the web out, and some proxies add them.
func plainHost(host string) string {
	name, port := splitHost(host)
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if port == "" || port == "443" || port == "80" {
		return name
	}
	return net.JoinHostPort(name, port)
}

// splitHost is the name or address of a host, and its port, "" for none.
func splitHost(host string) (name, port string) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ""
	}
	return name, port
}

// refuseHost says where the console is instead.
func (c *Console) refuseHost(w http.ResponseWriter, r *http.Request) {
	c.write(w, r, "elsewhere", http.StatusMisdirectedRequest, &view{
		request: r, may: func(string) bool { return false }, Data: c.Origins[0] + Path,
	})
}

// origin is what links to the console begin with that are given to others.
func (c *Console) origin(r *http.Request) string {
	if len(c.Origins) > 0 {
		return c.Origins[0]
	}
	scheme := "http"
	if c.Secure(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
