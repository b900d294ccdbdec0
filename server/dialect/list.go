package dialect

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"orderhub/server/money"
)

// BadListError: nothing of a list is taken over.
type BadListError struct{ Reason string }

func (e *BadListError) Error() string { return e.Reason }

// chunk is how much text of a list is kept together, in bytes. It is more than an item may have.
const chunk = 64 << 10

// List is what a provider lists, packed: as items, 100,000 of them would take several times as much. The zero value is
// a list of none. An item has a place in it.
type List struct {
	items  []packed
	chunks [][]byte // what items are called, one text after the other
	// words are categories and currencies, which many items share, and places where they are.
	words  []string
	places map[string]uint32
	sorted []uint32 // places of items, by SKU
	bad    error    // what is wrong with one of them
}

// packed is an item. Its SKU and then its name begin at a place within a chunk.
type packed struct {
	cost                  money.Amount
	stock                 int64
	chunk, at             uint32
	category, currency    uint32 // places in words
	skuLength, nameLength uint16
	available             bool
}

// Add takes a part of the list. What is wrong with it Check says, once all of it is here.
func (l *List) Add(part []Item) {
	for i := range part {
		l.add(&part[i])
	}
}

func (l *List) add(item *Item) {
	p := packed{
		cost: item.Cost, stock: item.Stock, category: l.word(item.Category), currency: l.word(string(item.Currency)),
		available: item.Available,
	}
	switch {
	case l.bad != nil:
	case item.Flaw != "":
		l.bad = &BadListError{fmt.Sprintf("the list has %q, and %s", item.SKU, item.Flaw)}
	case item.Currency != "":
		cost, err := item.Cost.Up(money.MinorUnit(item.Currency))
		if p.cost = cost; err != nil || cost >= tooDear {
			l.bad = &BadListError{fmt.Sprintf("the cost of %q is too large", item.SKU)}
		}
	}
	size := len(item.SKU) + len(item.Name)
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last])+size > cap(l.chunks[last]) {
		l.chunks = append(l.chunks, make([]byte, 0, max(chunk, size)))
		last++
	}
	p.chunk, p.at = uint32(last), uint32(len(l.chunks[last]))
	p.skuLength, p.nameLength = uint16(len(item.SKU)), uint16(len(item.Name))
	l.chunks[last] = append(append(l.chunks[last], item.SKU...), item.Name...)
	l.items = append(l.items, p)
}

// word is the place of a text that many items share.
func (l *List) word(text string) uint32 {
	if place, known := l.places[text]; known {
		return place
	}
	if l.places == nil {
		l.places = make(map[string]uint32)
	}
	place := uint32(len(l.words))
	l.words, l.places[text] = append(l.words, text), place
	return place
}

func (l *List) Len() int { return len(l.items) }

func (l *List) sku(i uint32) []byte {
	p := &l.items[i]
	return l.chunks[p.chunk][p.at:][:p.skuLength]
}

// Check refuses a list with an item that is flawed or there twice, and makes Find and
// Places possible. *BadListError.
func (l *List) Check() error {
	if l.bad != nil {
		return l.bad
	}
	l.sorted = make([]uint32, len(l.items))
	for i := range l.sorted {
		l.sorted[i] = uint32(i)
	}
	slices.SortFunc(l.sorted, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(string(l.sku(a)), string(l.sku(b))), cmp.Compare(a, b))
	})
	for i := 1; i < len(l.sorted); i++ {
		if string(l.sku(l.sorted[i-1])) == string(l.sku(l.sorted[i])) {
			return &BadListError{fmt.Sprintf("the list has %q twice", l.sku(l.sorted[i]))}
		}
	}
	return nil
}

// Find returns the place of an item.
func (l *List) Find(sku string) (place uint32, listed bool) {
	at, listed := slices.BinarySearchFunc(l.sorted, sku, func(i uint32, sku string) int {
		return cmp.Compare(string(l.sku(i)), sku)
	})
	if !listed {
		return 0, false
	}
	return l.sorted[at], true
}

// Places are those of all items, by SKU.
func (l *List) Places() iter.Seq[uint32] { return slices.Values(l.sorted) }

// Item is an item as it was listed, its cost in whole minor units.
func (l *List) Item(place uint32) Item {
	p := &l.items[place]
	text := l.chunks[p.chunk][p.at:]
	return Item{
		SKU: string(text[:p.skuLength]), Name: string(text[p.skuLength:][:p.nameLength]), Category: l.words[p.category],
		Cost: p.cost, Currency: money.Currency(l.words[p.currency]), Stock: p.stock, Available: p.available,
	}
}
