package door

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"orderhub/server/account"
)

// APIKeys are the keys in the header that every door of the hub takes, as they
// were sent; one may be blank.
func APIKeys(h http.Header) (keys []string) {
	for _, key := range h.Values("X-Api-Key") {
		keys = append(keys, strings.TrimSpace(key))
	}
	return keys
}

// BearerKeys are the keys in Authorization headers; see [Credentials].
func BearerKeys(h http.Header) []string { return Credentials(h, "Authorization", "Bearer") }

// withOthers adds what the request carries in a form that only another door takes:
// two that are both somebody's leave open who is meant, wherever they are sent. It
// lets nobody in by itself.
func withOthers(h http.Header, keys []string) []string {
	if len(keys) == 0 {
		return nil
	}
	return append(slices.Clone(keys), Given(Credentials(h, "Authorization", "Token"))...)
}

// Credentials are what stands behind one of the schemes in each header of the name;
// see [account.SentBehind].
func Credentials(h http.Header, name string, schemes ...string) []string {
	return account.SentBehind(h.Values(name), schemes...)
}

// Given leaves out the keys that are blank.
func Given(keys []string) []string {
	return slices.DeleteFunc(keys, func(key string) bool { return key == "" })
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
