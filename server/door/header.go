package door

import (
	"errors"
	"mime"
	"net/http"
	"strings"
)

// APIKeys are the keys in the header that every door of the hub takes, as they
// were sent; one may be blank.
func APIKeys(h http.Header) (keys []string) {
	for _, key := range h.Values("X-Api-Key") {
		keys = append(keys, strings.TrimSpace(key))
	}
	return keys
}

// BearerKeys are the keys in Authorization headers; those of another scheme are
// none, one without a key is blank. The scheme's letter case does not count.
func BearerKeys(h http.Header) (keys []string) {
	for _, value := range h.Values("Authorization") {
		scheme, key, _ := strings.Cut(strings.TrimSpace(value), " ")
		if strings.EqualFold(scheme, "Bearer") {
			keys = append(keys, strings.TrimSpace(key))
		}
	}
	return keys
}

// IsJSON reports whether a request calls its body JSON, whatever the letter case
// and the parameters. One that says nothing does.
func IsJSON(h http.Header) bool {
	sent := h.Get("Content-Type")
	if sent == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(sent)
	// A parameter that cannot be parsed does not make it another type.
	return kind == "application/json" && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}

// IsEncoded reports whether a request's body is said to be compressed or
// otherwise encoded, which nothing here undoes.
func IsEncoded(h http.Header) bool {
	for _, value := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}
