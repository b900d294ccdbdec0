package axcloud

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultPageSize = 25
	maxPageSize     = 100
)

// page is which entries of a list are asked for.
type page struct{ number, size int }

// readPage reads the query. badQuery.
func readPage(r *http.Request) (page, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return page{}, badQuery
	}
	number, ok := naturalOf(query, "page", 1)
	size, sizeOK := naturalOf(query, "page_size", defaultPageSize)
	if !ok || !sizeOK || size > maxPageSize {
		return page{}, badQuery
	}
	return page{number, size}, nil
}

// naturalOf reads a number from 1. One that is too large to count stands for a very
// large one.
func naturalOf(query url.Values, key string, otherwise int) (int, bool) {
	if !query.Has(key) {
		return otherwise, true
	}
	const large = 1_000_000
	text := query.Get(key)
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > large {
		return large, true
	}
	return n, n > 0
}

func (p page) end() int { return p.number * p.size }

// bounds are where the page begins and ends in a list of that length.
func (p page) bounds(length int) (first, end int) {
	end = min(p.end(), length)
	return min(p.end()-p.size, length), end
}
