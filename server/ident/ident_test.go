package ident_test

import (
	"bytes"
	"errors"
	mathrand "math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/oklog/ulid/v2"

	"orderhub/server/ident"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func zeros() *bytes.Reader { return bytes.NewReader(make([]byte, 100)) }

func TestIdentifiersAreAFunctionOfClockAndRandom(t *testing.T) {
	cases := []struct {
		name string
		now  time.Time
		make func(*ident.Generator) string
		want string
	}{
		{name: "order number", now: noon, make: (*ident.Generator).OrderNumber, want: "ord_01m81j18g00000000000000000"},
		{
			name: "order number in another zone", now: noon.In(time.FixedZone("ICT", 7*3600)),
			make: (*ident.Generator).OrderNumber, want: "ord_01m81j18g00000000000000000",
		},
		{name: "request id", now: noon, make: (*ident.Generator).RequestID, want: "req_01m81j18g00000000000000000"},
		{
			name: "a clock before 1970", now: time.Unix(-1, 0), make: (*ident.Generator).OrderNumber,
			want: "ord_00000000000000000000000000",
		},
		{
			name: "a clock after 10889", now: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), make: (*ident.Generator).OrderNumber,
			want: "ord_7zzzzzzzzz0000000000000000",
		},
		{name: "ticket code", make: (*ident.Generator).TicketCode, want: "00000000-0000-4000-8000-000000000000"},
		{name: "code", make: func(g *ident.Generator) string { return g.Code(4) }, want: "AAAA"},
		{name: "no code", make: func(g *ident.Generator) string { return g.Code(-1) }, want: ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.make(ident.New(at(tc.now), zeros())); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestOrderNumberCarriesItsTime(t *testing.T) {
	number := ident.New(at(noon.Add(time.Millisecond)), nil).OrderNumber()
	id, err := ulid.ParseStrict(strings.ToUpper(strings.TrimPrefix(number, "ord_")))
	if err != nil || !ulid.Time(id.Time()).Equal(noon.Add(time.Millisecond)) {
		t.Errorf("%s is of %v, %v", number, ulid.Time(id.Time()), err)
	}
	if earlier := ident.New(at(noon), nil).OrderNumber(); earlier >= number {
		t.Errorf("%s does not sort before %s", earlier, number)
	}
}

func TestForms(t *testing.T) {
	generator := ident.New(nil, nil)
	cases := []struct {
		name string
		make func() string
		form string
	}{
		{name: "order number", make: generator.OrderNumber, form: `^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$`},
		{name: "request id", make: generator.RequestID, form: `^req_[0-7][0-9a-hjkmnp-tv-z]{25}$`},
		{
			name: "ticket code", make: generator.TicketCode,
			form: `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		},
		{name: "code", make: func() string { return generator.Code(12) }, form: `^[A-Z0-9]{12}$`},
		{name: "long code", make: func() string { return generator.Code(100) }, form: `^[A-Z0-9]{100}$`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			form, seen := regexp.MustCompile(tc.form), map[string]bool{}
			for range 1000 {
				id := tc.make()
				if !form.MatchString(id) || seen[id] {
					t.Fatalf("%q, repeated: %t", id, seen[id])
				}
				seen[id] = true
			}
		})
	}
}

func TestConcurrentIDsDiffer(t *testing.T) {
	generator := ident.New(at(noon), nil)
	const workers, each = 8, 2000
	ids := make([][]string, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for range each {
				ids[worker] = append(ids[worker], generator.OrderNumber())
			}
		})
	}
	group.Wait()
	seen := map[string]bool{}
	for _, made := range ids {
		for _, id := range made {
			seen[id] = true
		}
	}
	if len(seen) != workers*each {
		t.Errorf("%d different ids of %d", len(seen), workers*each)
	}
}

func TestCodeIsUniform(t *testing.T) {
	generator := ident.New(nil, mathrand.NewChaCha8([32]byte{1}))
	counts := map[rune]int{}
	const codes = 20_000
	for range codes {
		for _, character := range generator.Code(16) {
			counts[character]++
		}
	}
	if len(counts) != 36 {
		t.Fatalf("%d different characters", len(counts))
	}
	for character, count := range counts {
		if mean := codes * 16 / 36; count < mean*95/100 || count > mean*105/100 {
			t.Errorf("%c appears %d times, about %d expected", character, count, mean)
		}
	}
}

func TestCodePassesOverUnevenBytes(t *testing.T) {
	generator := ident.New(nil, bytes.NewReader([]byte{255, 252, 0, 251, 25, 26, 0, 0}))
	if got := generator.Code(4); got != "A9Z0" {
		t.Errorf("got %q", got)
	}
}

func TestBrokenRandomPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an id without random bytes")
		}
	}()
	ident.New(nil, iotest.ErrReader(errors.New("broken"))).OrderNumber()
}

// Whatever the clock and the random bytes, the forms hold.
func FuzzGenerator(f *testing.F) {
	f.Add(int64(0), []byte("seed"))
	f.Add(int64(-1<<62), []byte{255})
	f.Add(int64(1<<62), []byte{})
	f.Fuzz(func(t *testing.T, milliseconds int64, seed []byte) {
		var key [32]byte
		copy(key[:], seed)
		generator := ident.New(at(time.UnixMilli(milliseconds)), mathrand.NewChaCha8(key))
		number := generator.OrderNumber()
		text, prefixed := strings.CutPrefix(number, "ord_")
		if _, err := ulid.ParseStrict(text); !prefixed || err != nil || strings.ToLower(text) != text {
			t.Fatalf("%q is no order number", number)
		}
		if code := generator.Code(len(seed)); len(code) != len(seed) || strings.Trim(code, ident.CodeAlphabet) != "" {
			t.Fatalf("code %q", code)
		}
	})
}

func BenchmarkOrderNumber(b *testing.B) {
	generator := ident.New(nil, nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			generator.OrderNumber()
		}
	})
}

func BenchmarkTicketCode(b *testing.B) {
	generator := ident.New(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		generator.TicketCode()
	}
}

func BenchmarkCode16(b *testing.B) {
	generator := ident.New(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		generator.Code(16)
	}
}

func TestOrderTimes(t *testing.T) {
	at := time.Date(2026, 11, 29, 15, 0, 0, 123e6, time.UTC)
	number := ident.New(func() time.Time { return at }, nil).OrderNumber()
	for length := len(ident.OrderPrefix) + 1; length <= len(number); length++ {
		from, to, ok := ident.OrderTimes(number[:length])
		if !ok || from.After(at) || !to.After(at) {
			t.Errorf("%s: [%v, %v), %v", number[:length], from, to, ok)
		}
		if known := length - len(ident.OrderPrefix); known >= 10 && to.Sub(from) != time.Millisecond {
			t.Errorf("%s: %v are too much", number[:length], to.Sub(from))
		}
	}
	for _, other := range []string{"", "ord", "ord_", "old_01m8", "ord_01M8", "ord_01mu", "ord_z"} {
		if _, _, ok := ident.OrderTimes(other); ok {
			t.Errorf("%q is no beginning of a number", other)
		}
	}
}
