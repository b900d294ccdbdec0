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

// offers reads those of the provider, page by page.
func (t *turn) offers(ctx context.Context) func(each func(*Offer) error) error {
	return func(each func(*Offer) error) error {
		for after := int64(0); ; {
			found, err := t.store.Offers(ctx, t.providerID, after, page)
			if err != nil {
				return err
			}
			for i := range found {
				if err := each(&found[i]); err != nil {
					return err
				}
				after = found[i].ID
			}
			if len(found) < page {
				return nil
			}
		}
	}
}

// known reads the provider's proposals, page by page.
func (t *turn) known(ctx context.Context) func(each func(*Known) error) error {
	return func(each func(*Known) error) error {
		for after := ""; ; {
			found, err := t.store.Known(ctx, t.providerID, after, page)
			if err != nil {
				return err
			}
			for i := range found {
				if err := each(&found[i]); err != nil {
					return err
				}
				after = found[i].ProviderSKU
			}
			if len(found) < page {
				return nil
			}
		}
	}
}
