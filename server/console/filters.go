package console

import (
	"net/http"
	"slices"
)

// filterInputs are the inputs of filters that the contract has other names for.
var filterInputs = map[string]string{
	"createTimeFrom": "from", "createTimeTo": "to", "timeFrom": "from", "timeTo": "to", "orderNumberPrefix": "q",
	"referenceIdPrefix": "q",
}

// wrongFilter takes the error of a list when it is about what was typed into the filters: the page is shown with them
// as they were typed, and no list. Every other error is returned.
func (r *request) wrongFilter(err error) error {
	if err == nil || r.Method != http.MethodGet {
		return err
	}
	p := explain(err)
	switch p.Status {
	case http.StatusBadRequest:
	case http.StatusNotFound: // of whom the list should be
		query := r.URL.Query()
		at := slices.IndexFunc(whose, func(name string) bool { return query.Get(name) != "" })
		if at < 0 {
			return err
		}
		p.Fields = map[string]string{whose[at]: p.Text}
	default:
		return err
	}
	if len(p.Fields) == 0 {
		return err
	}
	for name, input := range filterInputs {
		if text, wrong := p.Fields[name]; wrong {
			delete(p.Fields, name)
			p.Fields[input] = text
		}
	}
	r.problem = p
	return nil
}

// whose are the filters that name somebody or something, which there may not be.
var whose = []string{"merchant", "provider", "product", "act"}

// queue is what a page shows of which some waits for a person: what waits and then all, or what the filters find.
type queue[E any] struct {
	Lists    []queued[E]
	Filtered bool
}

type queued[E any] struct {
	heading

	Entries []E
	Next    string // token of the next page
}

// heading is what stands above a list, and in its place where it has nothing.
type heading struct{ ID, Title, Empty string }

// add adds a list with what the contract answered.
func (q *queue[E]) add(above heading, entries []E, next string) {
	q.Lists = append(q.Lists, queued[E]{above, entries, next})
}
