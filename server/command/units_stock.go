package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/catalog"
)

type unitsListCommand struct {
	databaseFlags
	jsonFlag
	Product string    `arg:"" help:"SKU, id or slug of the product."`
	Import  int64     `placeholder:"ID" help:"Only those of this import."`
	State   string    `enum:",available,sold,void" default:"" placeholder:"STATE" help:"Only those that are available, sold or void."`
	After   int64     `placeholder:"ID" help:"Only those after this unit."`
	Limit   listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

// Help explains the command with examples.
func (*unitsListCommand) Help() string {
	return `In the order in which they are sold. Contents are never shown.

Examples:

    orderhub units list EPIN_25 --state available
    orderhub units list EPIN_25 --import 17 --json`
}

// Run lists units.
func (c *unitsListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withCatalog(ctx, std, keyUnused, func(service *catalog.Service) error {
		product, err := findProduct(service, c.Product)
		if err != nil {
			return err
		}
		units, err := service.ListUnits(ctx, catalog.UnitFilter{
			ProductID: product.ID, ImportID: c.Import, State: catalog.UnitState(c.State), AfterID: c.After, Limit: int(c.Limit),
		})
		if err != nil {
			return importNotFound(err, c.Import)
		}
		if c.JSON {
			return printUnits(std, units)
		}
		rows := newTable(std.Out, "ID", "IMPORT", "STATE", "ORDER", "IMPORTED", "SOLD")
		for _, u := range units {
			rows.add(
				fmt.Sprint(u.ID), fmt.Sprint(u.ImportID), string(u.State), orDash(u.OrderNumber), instant(u.CreatedAt),
				orDash(optionalInstant(u.DeliveredAt)),
			)
		}
		return rows.flush()
	})
}

func optionalInstant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return instant(*t)
}

// shownUnit is a unit as --json prints it.
type shownUnit struct {
	ID          int64      `json:"id"`
	ImportID    int64      `json:"importId"`
	State       string     `json:"state"`
	OrderNumber string     `json:"orderNumber,omitempty"`
	CreateTime  time.Time  `json:"createTime"`
	DeliverTime *time.Time `json:"deliverTime,omitempty"`
}

func printUnits(std *Streams, units []catalog.Unit) error {
	rows := make([]shownUnit, len(units))
	for i, u := range units {
		rows[i] = shownUnit{u.ID, u.ImportID, string(u.State), u.OrderNumber, u.CreatedAt, u.DeliveredAt}
	}
	return printJSONLines(std.Out, rows)
}

type unitsImportsCommand struct {
	databaseFlags
	jsonFlag
	Product string    `arg:"" optional:"" help:"SKU, id or slug of the product (default: all)."`
	Limit   listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

// Help explains the command with examples.
func (*unitsImportsCommand) Help() string {
	return `Newest first, with how many units of each are still to be sold.

Examples:

    orderhub units imports
    orderhub units imports EPIN_25 --json`
}

// shownImport is an import as --json prints it.
type shownImport struct {
	ID           int64      `json:"id"`
	Product      string     `json:"product"`
	Name         string     `json:"name"`
	Imported     int        `json:"imported"`
	Refused      int        `json:"refused"`
	Available    int        `json:"available"`
	CreateTime   time.Time  `json:"createTime"`
	WithdrawTime *time.Time `json:"withdrawTime,omitempty"`
}

// Run lists imports.
func (c *unitsImportsCommand) Run(ctx context.Context, std *Streams) error {
	return c.withCatalog(ctx, std, keyUnused, func(service *catalog.Service) error {
		f := catalog.ImportFilter{Limit: int(c.Limit)}
		if c.Product != "" {
			product, err := findProduct(service, c.Product)
			if err != nil {
				return err
			}
			f.ProductID = product.ID
		}
		imports, err := service.ListImports(ctx, f)
		if err != nil {
			return err
		}
		rows := newTable(std.Out, "ID", "PRODUCT", "NAME", "IMPORTED", "REFUSED", "AVAILABLE", "WHEN", "WITHDRAWN")
		for _, i := range imports {
			sku := skuOf(service, i.ProductID)
			if c.JSON {
				err = errors.Join(
					err,
					printJSONLine(
						std.Out, shownImport{i.ID, sku, i.Name, i.Imported, i.Refused, i.Available, i.CreatedAt, i.WithdrawnAt},
					),
				)
				continue
			}
			rows.add(fmt.Sprint(i.ID), sku, orDash(i.Name), grouped(i.Imported), grouped(i.Refused), grouped(i.Available),
				instant(i.CreatedAt), orDash(optionalInstant(i.WithdrawnAt)))
		}
		if c.JSON {
			return err
		}
		return rows.flush()
	})
}

func skuOf(service *catalog.Service, productID int64) string {
	if p := service.Snapshot().ProductByID(productID); p != nil {
		return p.SKU
	}
	return fmt.Sprint(productID)
}

type unitsWithdrawCommand struct {
	databaseFlags
	ID int64 `arg:"" name:"import-id" help:"Id of the import, as \"units imports\" shows it."`
}

// Help explains the command with examples.
func (*unitsWithdrawCommand) Help() string {
	return `Takes the units of an import that are not sold out of stock; what is sold stays sold. The contents may be
imported again afterwards. Doing it again changes nothing.

Example:

    orderhub units withdraw 17`
}

// Run takes an import back.
func (c *unitsWithdrawCommand) Run(ctx context.Context, std *Streams) error {
	return c.withCatalog(ctx, std, keyUnused, func(service *catalog.Service) error {
		imp, voided, err := service.WithdrawImport(ctx, c.ID)
		if voided > 0 || err == nil {
			fmt.Fprintf(
				std.Out, "%s of %s withdrawn.\n", count(voided, "unit", "units"),
				count(imp.Imported, "imported unit", "imported units"),
			)
		}
		return importNotFound(err, c.ID)
	})
}

func importNotFound(err error, id int64) error {
	if errors.Is(err, catalog.ErrImportNotFound) {
		return fmt.Errorf("there is no import %d", id)
	}
	return err
}

type unitsVoidCommand struct {
	databaseFlags
	ID int64 `arg:"" name:"unit-id" help:"Id of the unit, as \"units list\" shows it."`
}

// Help explains the command with examples.
func (*unitsVoidCommand) Help() string {
	return `Takes one unit out of stock for good, such as a code that is used up: it is never sold, and its content is
refused when it is imported again. Doing it again changes nothing.

Example:

    orderhub units void 4711`
}

// Run voids a unit.
func (c *unitsVoidCommand) Run(ctx context.Context, std *Streams) error {
	return c.withCatalog(ctx, std, keyUnused, func(service *catalog.Service) error {
		u, err := service.VoidUnit(ctx, c.ID)
		switch {
		case errors.Is(err, catalog.ErrUnitNotFound):
			return fmt.Errorf("there is no unit %d in stock", c.ID)
		case errors.Is(err, catalog.ErrUnitSold):
			return fmt.Errorf("unit %d is sold", c.ID)
		case err != nil:
			return err
		}
		fmt.Fprintf(std.Out, "Unit %d of %s is void.\n", u.ID, skuOf(service, u.ProductID))
		return nil
	})
}
