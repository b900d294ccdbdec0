// Package weburl reads the web addresses that merchants name, whichever way they
// come in, and knows the one form in which they are kept. Where an address may
// lead is not its business.
package weburl

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Most is how many characters an address may have, as written and as kept.
const Most = 2048

// Parse reads an absolute http or https address, or says in a sentence's second
// half why it is none; "" when it is one. Its String is the form to keep: scheme
// and host in lower case, a name in another script as DNS has it (xn--…), and
// percent-encoded what may not stand in a URL. To read that again changes nothing.
func Parse(raw string) (u *url.URL, problem string) {
	if utf8.RuneCountInString(raw) > Most {
		return nil, "must have at most 2048 characters"
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || !utf8.ValidString(raw) || strings.ContainsFunc(raw, blankOrControl) {
		return nil, "must be an absolute URL"
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, "must be an absolute http or https URL"
	case u.User != nil:
		return nil, "must not have a user name or password"
	case !validPort(u.Port()):
		return nil, "must have a port from 1 to 65535"
	}
	if u.Host, err = normalHost(u); err != nil || !ValidHost(u.Hostname()) {
		return nil, "must have a host's name that DNS can have"
	}
	u.RawPath, u.RawQuery = encode(writtenPath(u)), encode(u.RawQuery)
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, "must be an absolute URL"
	}
	return u, ""
}

// Normalize is the form in which an address is kept; what is no address, or would
// be too long, stays as it is.
func Normalize(raw string) string {
	if u, problem := Parse(raw); problem == "" && !TooLong(u) {
		return u.String()
	}
	return raw
}

// Problem is Parse for an address that is to be kept, without its reading.
func Problem(raw string) string {
	u, problem := Parse(raw)
	if problem == "" && TooLong(u) {
		return "must have at most 2048 characters, those counted that are percent-encoded"
	}
	return problem
}

// TooLong reports an address that has too many characters once it is encoded.
func TooLong(u *url.URL) bool { return len(u.String()) > Most }

// Loopback reports whether a name or address of a host is this machine's own for whoever uses it. A name may end in a
// dot, and an address of IPv6 may be in brackets.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && addr.Unmap().IsLoopback()
}

func blankOrControl(r rune) bool { return r == ' ' || unicode.IsControl(r) }

func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 1 && n <= 65535
}

// normalHost is the host with its port. Characters that stand for others, such as
// digits in circles, become those: where the name leads is judged afterwards.
func normalHost(u *url.URL) (string, error) {
	name := u.Hostname()
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		ascii, err := idna.Lookup.ToASCII(name)
		return strings.Replace(u.Host, name, ascii, 1), err
	}
	return strings.ToLower(u.Host), nil
}

// What DNS takes, in bytes.
const (
	longestName  = 253
	longestLabel = 63
)

// ValidHost reports a name in ASCII that DNS can have, or an IP address that means the
// same on every machine. Underscores are no part of host names, but of names that
// are in use.
func ValidHost(name string) bool {
	if strings.Contains(name, ":") {
		addr, err := netip.ParseAddr(name)
		return err == nil && addr.Zone() == ""
	}
	name = strings.TrimSuffix(name, ".") // of a name that is complete
	if len(name) > longestName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > longestLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, notOfLabel) {
			return false
		}
	}
	return true
}

func notOfLabel(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
}

// writtenPath is the path as it was written, where it says something other than
// its unescaped form.
func writtenPath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath
	}
	return (&url.URL{Path: u.Path}).EscapedPath()
}

// encode percent-encodes what may stand neither in a path nor in a query, by
// RFC 3986. What is encoded stays as it is.
func encode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%' && !(i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])), !mayStand(c):
			const digits = "0123456789ABCDEF"
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func mayStand(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-._~!$&'()*+,;=:@/?%", c) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
