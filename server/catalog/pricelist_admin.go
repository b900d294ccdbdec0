package catalog

import (
	"context"
	"slices"
)

// PriceList finds a price list by its name. ErrPriceListNotFound.
func (s *Service) PriceList(ctx context.Context, name string) (PriceList, error) {
	lists, err := s.store.PriceLists(ctx)
	if err != nil {
		return PriceList{}, err
	}
	i := slices.IndexFunc(lists, func(l PriceList) bool { return l.Name == name })
	if i < 0 {
		return PriceList{}, ErrPriceListNotFound
	}
	return lists[i], nil
}

// CreatePriceList stores a draft. Errors: *errs.InvalidError, *AlreadyExistsError.
func (s *Service) CreatePriceList(ctx context.Context, l PriceList) (PriceList, error) {
	if err := l.Normalize(); err != nil {
		return PriceList{}, err
	}
	return refreshed(ctx, s, l, s.store.CreatePriceList)
}

// UpdatePriceList replaces all of a list but its name and currency. Unless problems are
// accepted, a list that is active then must have none. Errors: *errs.InvalidError,
// *PriceProblemsError, ErrPriceListNotFound, ErrStaleVersion.
func (s *Service) UpdatePriceList(ctx context.Context, l PriceList, acceptProblems bool) (PriceList, error) {
	if err := l.Normalize(); err != nil {
		return PriceList{}, err
	}
	if l.Status == ListActive && !acceptProblems {
		if _, problems, err := s.PreviewPriceList(ctx, &l); err != nil {
			return PriceList{}, err
		} else if problems > 0 {
			return PriceList{}, &PriceProblemsError{l.Name, problems}
		}
	}
	return refreshed(ctx, s, l, s.store.UpdatePriceList)
}

// PreviewPriceList is what a list would make of each active product of its currency, by
// id, and of how many there is a problem. It need not be one that is stored. Errors:
// *errs.InvalidError.
func (s *Service) PreviewPriceList(ctx context.Context, l *PriceList) (
	prices []PreviewedPrice, problems int, err error,
) {
	if err := l.Normalize(); err != nil {
		return nil, 0, err
	}
	if err := s.Reload(ctx); err != nil { // costs move without a change that Refresh knows of
		return nil, 0, err
	}
	prices = s.Snapshot().Preview(l)
	for i := range prices {
		if prices[i].Problem != "" {
			problems++
		}
	}
	return prices, problems, nil
}

// SetPriceList gives a merchant a list, or none with 0. ErrPriceListNotFound,
// *errs.InvalidError; account.ErrMerchantNotFound.
func (s *Service) SetPriceList(ctx context.Context, merchantID, listID int64) error {
	if err := s.store.SetPriceList(ctx, merchantID, listID); err != nil {
		return err
	}
	return s.Refresh(ctx)
}
