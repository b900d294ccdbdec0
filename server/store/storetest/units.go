package storetest

import (
	"context"
	"testing"

	"orderhub/server/catalog"
	"orderhub/server/store/stores"
)

// Units makes lines from contents, numbered from 1.
func Units(contents ...string) []catalog.ImportedUnit {
	units := make([]catalog.ImportedUnit, len(contents))
	for i, content := range contents {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: content}
	}
	return units
}

// Imported is what became of an import.
type Imported struct {
	Count      int
	Duplicates []int
}

// ImportUnits stores what the rule for contents lets pass.
func ImportUnits(
	ctx context.Context, s *stores.All, productID int64, name string, units []catalog.ImportedUnit,
) (Imported, error) {
	imp, err := s.Units.BeginImport(ctx, productID, name)
	if err != nil {
		return Imported{}, err
	}
	fresh := make([]catalog.NewUnit, len(units))
	for i, u := range units {
		content, err := catalog.ParseContent(u.Content)
		if err != nil {
			return Imported{}, err
		}
		fresh[i] = catalog.NewUnit{Line: u.Line, Content: content, ExpiresAt: u.ExpiresAt}
	}
	added, repeated, err := s.Units.AddUnits(ctx, &imp, fresh, 0)
	return Imported{added, repeated}, err
}

// TakeUnits imports contents, which their lines number from 1.
func TakeUnits(t *testing.T, s *stores.All, product int64, contents ...string) Imported {
	t.Helper()
	report, err := ImportUnits(context.Background(), s, product, "codes.txt", Units(contents...))
	if err != nil {
		t.Fatal(err)
	}
	return report
}
