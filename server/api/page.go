package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"google.golang.org/protobuf/proto"

	"orderhub/server/errs"
)

const defaultPageSize = 50

// paged is a request for one page of a list.
type paged interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// page is where in a list a request is. A token is the keyset of the last entry
// before it and a checksum over that, the filters and the caller, so that a
// token serves only the list it came from.
type page struct {
	size   int
	after  []int64 // keyset of the last entry before the page; nil for the first page
	filter [sha256.Size]byte
}

// checksumBytes of a token only tell a mistake from a token: it grants nothing.
const checksumBytes = 8

// openPage reads the place a request asks for, a keyset of so many numbers.
// The error is an *errs.InvalidError on page_token.
func openPage(ctx context.Context, request paged, keys int) (page, error) {
	p := page{size: int(request.GetPageSize()), filter: filterOf(ctx, request)}
	if p.size <= 0 {
		p.size = defaultPageSize
	}
	if request.GetPageToken() == "" {
		return p, nil
	}
	after, ok := p.read(request.GetPageToken())
	if !ok || len(after) != keys {
		return page{}, errs.Invalid(
			"page_token", "must be the %s of the page before, with unchanged filters", errs.Field("next_page_token"),
		)
	}
	p.after = after
	return p, nil
}

// key is the i-th number of the keyset, 0 on the first page.
func (p *page) key(i int) int64 {
	if p.after == nil {
		return 0
	}
	return p.after[i]
}

// limit is how many entries to ask for: one more than the page has tells
// whether there is a next one.
func (p *page) limit() int { return p.size + 1 }

// filterOf is equal for two requests of one caller that list the same things.
func filterOf(ctx context.Context, request paged) [sha256.Size]byte {
	bare := proto.Clone(request).ProtoReflect()
	fields := bare.Descriptor().Fields()
	bare.Clear(fields.ByName("page_size"))
	bare.Clear(fields.ByName("page_token"))
	name := string(bare.Descriptor().FullName())
	b := append([]byte(name), 0)
	b = binary.AppendVarint(b, callOf(ctx).principal.Party())
	// It fails only for text that is not UTF-8, which was refused before.
	b, _ = proto.MarshalOptions{Deterministic: true}.MarshalAppend(b, bare.Interface())
	return sha256.Sum256(b)
}

// token names the page after the entry with this keyset.
func (p *page) token(keys ...int64) string {
	var b []byte
	for _, key := range keys {
		b = binary.AppendVarint(b, key)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, p.checksum(b)...))
}

func (p *page) read(token string) (keys []int64, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < checksumBytes {
		return nil, false
	}
	b, sum := b[:len(b)-checksumBytes], b[len(b)-checksumBytes:]
	if !bytes.Equal(sum, p.checksum(b)) {
		return nil, false
	}
	for len(b) > 0 {
		key, n := binary.Varint(b)
		if n <= 0 {
			return nil, false
		}
		keys, b = append(keys, key), b[n:]
	}
	return keys, true
}

func (p *page) checksum(keys []byte) []byte {
	sum := sha256.Sum256(append(p.filter[:], keys...))
	return sum[:checksumBytes]
}

// cut takes the page from what was read with its limit, and the token of the
// next page, "" when there is none.
func cut[T any](p *page, items []T, key func(*T) int64) (entries []T, next string) {
	if len(items) <= p.size {
		return items, ""
	}
	items = items[:p.size]
	return items, p.token(key(&items[p.size-1]))
}

// pageOf is cut, with the entries converted, unless reading them came to an error.
func pageOf[T, M any](p *page, items []T, err error, key func(*T) int64, convert func(*T) M) (
	entries []M, next string, _ error,
) {
	items, next = cut(p, items, key)
	for i := range items {
		entries = append(entries, convert(&items[i]))
	}
	return entries, next, err
}

// pageOrError is pageOf where something has to be looked up to convert an entry.
func pageOrError[T, M any](
	ctx context.Context, p *page, items []T, err error, key func(*T) int64,
	convert func(context.Context, *T) (M, error),
) (entries []M, next string, _ error) {
	items, next = cut(p, items, key)
	for i := range items {
		converted, err := convert(ctx, &items[i])
		if err != nil {
			return nil, "", err
		}
		entries = append(entries, converted)
	}
	return entries, next, err
}

// skip drops what comes before the page from a list that is whole and sorted
// by a growing key.
func skip[T any](p *page, items []T, key func(*T) int64) []T {
	for p.after != nil && len(items) > 0 && key(&items[0]) <= p.key(0) {
		items = items[1:]
	}
	return items
}
