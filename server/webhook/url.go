package webhook

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"orderhub/server/errs"
	"orderhub/server/weburl"
)

// CheckURL returns an *errs.InvalidError on "url" unless the hub may be asked to
// call it: absolute, https, without user name and fragment, and not of an
// address that is private, local or otherwise not of the public network.
// AllowLocal lets plain http and any address be. Names are not looked up: where
// they lead is checked when the hub connects.
func CheckURL(raw string, allowLocal bool) error {
	if message := urlProblem(raw, allowLocal); message != "" {
		return errs.Invalid("url", "%s", message)
	}
	return nil
}

// CheckForm is CheckURL for an address whose host is looked at only when the hub
// connects, and which may have a fragment.
func CheckForm(raw string, allowHTTP bool) error {
	if _, message := parseURL(raw, allowHTTP); message != "" {
		return errs.Invalid("url", "%s", message)
	}
	return nil
}

// TargetURL is the address to call for one that was kept, in its normal form, or an
// *errs.InvalidError as of CheckURL. A fragment may be there: it is not sent.
func TargetURL(raw string, allowLocal bool) (string, error) {
	u, message := parseURL(raw, allowLocal)
	if message == "" && !allowLocal && !publicHost(u.Hostname()) {
		message = notPublicHost
	}
	if message != "" {
		return "", errs.Invalid("url", "%s", message)
	}
	return u.String(), nil
}

const notPublicHost = "must not be a private or local address"

// urlProblem says what is wrong with an address, "" for nothing.
func urlProblem(raw string, allowLocal bool) string {
	u, message := parseURL(raw, allowLocal)
	switch {
	case message != "":
		return message
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return "must not have a fragment"
	case !allowLocal && !publicHost(u.Hostname()):
		return notPublicHost
	}
	return weburl.Problem(raw)
}

// parseURL reads an address, or says why the hub may not call it.
func parseURL(raw string, allowHTTP bool) (u *url.URL, message string) {
	u, message = weburl.Parse(raw)
	if message == "" && u.Scheme != "https" && !allowHTTP {
		message = "must be an absolute https URL"
	}
	return u, message
}

// publicHost is false for addresses outside of the public network, however they
// are written, and for the names that mean this machine.
func publicHost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return false
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		// Decimal, octal, hexadecimal and shortened forms of IPv4 addresses reach
		// it too; nothing that has a public name is written so.
		return !numericHost(host)
	}
	return PublicAddress(addr)
}

// numericHost reports whether the last label of a name is a number: resolvers
// take such names for addresses.
func numericHost(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, hex := strings.CutPrefix(last, "0x"); hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// notPublic are the prefixes outside of the public network that netip's own
// predicates do not know.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared, of carriers
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // documentation
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // IPv4 behind NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // IPv4 in 6to4
	netip.MustParsePrefix("2001::/23"), // Teredo and other protocols' own
}

// PublicAddress reports whether an address is of the public network.
func PublicAddress(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return addr.IsGlobalUnicast() && !addr.IsPrivate() &&
		!slices.ContainsFunc(notPublic, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}
