package supply

import "context"

// write keeps a part of a plan. Proposals come first: an import accepts its own.
func (t *turn) write(ctx context.Context, syncID int64, changes []Change, proposals []Proposal) error {
	if len(proposals) > 0 {
		if err := t.store.PutProposals(ctx, t.providerID, proposals); err != nil {
			return err
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return t.store.AddChanges(ctx, syncID, changes)
}

// page is how much of what there is a list is compared with at a time.
const page = 1000

func (t *turn) offers(ctx context.Context) func(each func(*Offer) error) error {
	return pages(func(last *Offer) ([]Offer, error) { return t.store.Offers(ctx, t.providerID, last.ID, page) })
}

func (t *turn) known(ctx context.Context) func(each func(*Known) error) error {
	return pages(func(last *Known) ([]Known, error) { return t.store.Known(ctx, t.providerID, last.ProviderSKU, page) })
}

// pages reads page by page what comes after the last one, which is the zero value at first.
func pages[T any](read func(last *T) ([]T, error)) func(each func(*T) error) error {
	return func(each func(*T) error) error {
		for last := new(T); ; {
			found, err := read(last)
			if err != nil {
				return err
			}
			for i := range found {
				last = &found[i]
				if err := each(last); err != nil {
					return err
				}
			}
			if len(found) < page {
				return nil
			}
		}
	}
}
