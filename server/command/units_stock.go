package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type unitsListCommand struct {
	listFlags
	Product string    `arg:"" help:"SKU, id or slug of the product."`
	Import  int64     `placeholder:"ID" help:"Only those of this import."`
	State   string    `enum:",available,sold,void,set_aside,expired" default:"" placeholder:"STATE" help:"Only those that are available, sold, void, set_aside or expired."`
	After   int64     `placeholder:"ID" help:"Only those after this unit."`
	Limit   listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*unitsListCommand) Help() string {
	return `By number. What expires first is sold first, and of the rest what was imported first. Contents are never shown.

Examples:

    orderhub units list EPIN_25 --state available
    orderhub units list EPIN_25 --import 17 --json`
}

func (c *unitsListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListUnitsRequest{
		Product: c.Product, UnitImport: c.Import, State: valueOf[orderhubv1.UnitState](c.State), AfterUnit: c.After,
	}
	found := contract.Each(ctx, api.catalog.ListUnits, request, (*orderhubv1.ListUnitsResponse).GetUnits, int(c.Limit))
	return showListAs(
		ctx, std, c, found, asUnit, unitCells, "ID", "IMPORT", "STATE", "ORDER", "IMPORTED", "SOLD", "EXPIRES",
	)
}

func unitCells(u *orderhubv1.Unit) []string {
	return []string{
		fmt.Sprint(u.GetId()), fmt.Sprint(u.GetUnitImport()), word(u.GetState()), orDash(u.GetOrderNumber()),
		shownTime(u.GetCreateTime()), shownTime(u.GetDeliverTime()), shownTime(u.GetExpireTime()),
	}
}

type unitsImportsCommand struct {
	listFlags
	Product string    `arg:"" optional:"" help:"SKU, id or slug of the product (default: all)."`
	Limit   listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*unitsImportsCommand) Help() string {
	return `Newest first, with what became of the units of each.

Examples:

    orderhub units imports
    orderhub units imports EPIN_25 --json`
}

func (c *unitsImportsCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.catalog.ListUnitImports, &orderhubv1.ListUnitImportsRequest{Product: c.Product},
		(*orderhubv1.ListUnitImportsResponse).GetUnitImports, int(c.Limit),
	)
	return showListAs(
		ctx, std, c, found, asUnitImport, importCells, "ID", "PRODUCT", "NAME", "IMPORTED", "REFUSED", "AVAILABLE",
		"SOLD", "HELD", "ASIDE", "EXPIRED", "VOID", "WHEN", "WITHDRAWN",
	)
}

func importCells(i *orderhubv1.UnitImport) []string {
	return []string{
		fmt.Sprint(i.GetId()), i.GetSku(), orDash(i.GetName()), grouped(int(i.GetImportedCount())),
		grouped(int(i.GetRefusedCount())), grouped(int(i.GetAvailableCount())),
		grouped(int(i.GetSoldCount())), grouped(int(i.GetHeldCount())), grouped(int(i.GetSetAsideCount())),
		grouped(int(i.GetExpiredCount())), grouped(int(i.GetVoidedCount())), shownTime(i.GetCreateTime()),
		shownTime(i.GetWithdrawTime()),
	}
}

type unitsWithdrawCommand struct {
	callFlags
	ID int64 `arg:"" name:"import-id" help:"Id of the import, as \"units imports\" shows it."`
}

func (*unitsWithdrawCommand) Help() string {
	return `Takes the units of an import that are not sold out of stock; what is sold stays sold. The contents may be
imported again afterwards. Doing it again changes nothing.

Example:

    orderhub units withdraw 17`
}

func (c *unitsWithdrawCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.WithdrawUnitImport(ctx, &orderhubv1.WithdrawUnitImportRequest{UnitImport: c.ID})
	if err != nil {
		return err
	}
	return c.say(
		std, asMessage(answer), "%s of %s withdrawn.\n", count(int(answer.GetVoidedCount()), "unit", "units"),
		count(int(answer.GetUnitImport().GetImportedCount()), "imported unit", "imported units"),
	)
}

type unitsVoidCommand struct {
	callFlags
	ID int64 `arg:"" name:"unit-id" help:"Id of the unit, as \"units list\" shows it."`
}

func (*unitsVoidCommand) Help() string {
	return `Takes one unit out of stock for good, such as a code that is used up: it is never sold, and its content is
refused when it is imported again. Doing it again changes nothing.

Example:

    orderhub units void 4711`
}

func (c *unitsVoidCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.VoidUnit(ctx, &orderhubv1.VoidUnitRequest{Unit: c.ID})
	if err != nil {
		return err
	}
	return c.say(std, asUnit(answer.GetUnit()), "Unit %d of %s is void.\n", answer.GetUnit().GetId(),
		answer.GetUnit().GetSku())
}

type unitsAsideCommand struct {
	callFlags
	ID int64 `arg:"" name:"unit-id" help:"Id of the unit, as \"units list\" shows it."`
}

func (*unitsAsideCommand) Help() string {
	return `Keeps one unit back, such as a code that a customer complained of: it is not sold and not counted until it is
put back. Doing it again changes nothing.

Examples:

    orderhub units aside 4711
    orderhub units back 4711`
}

func (c *unitsAsideCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.SetUnitAside(ctx, &orderhubv1.SetUnitAsideRequest{Unit: c.ID})
	if err != nil {
		return err
	}
	return c.say(std, asUnit(answer.GetUnit()), "Unit %d of %s is set aside.\n", answer.GetUnit().GetId(),
		answer.GetUnit().GetSku())
}

type unitsBackCommand struct {
	callFlags
	ID int64 `arg:"" name:"unit-id" help:"Id of the unit, as \"units list\" shows it."`
}

func (*unitsBackCommand) Help() string {
	return `Lets a unit be sold again that was set aside. Doing it again changes nothing.

Example:

    orderhub units back 4711`
}

func (c *unitsBackCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.PutUnitBack(ctx, &orderhubv1.PutUnitBackRequest{Unit: c.ID})
	if err != nil {
		return err
	}
	return c.say(std, asUnit(answer.GetUnit()), "Unit %d of %s can be sold again.\n", answer.GetUnit().GetId(),
		answer.GetUnit().GetSku())
}

type unitsStockCommand struct {
	listFlags
	Product string `arg:"" help:"SKU, id or slug of the product."`
}

func (*unitsStockCommand) Help() string {
	return `Example:

    orderhub units stock EPIN_25`
}

func (c *unitsStockCommand) call(ctx context.Context, std *Streams, api *client) error {
	return c.watch(ctx, std, func(std *Streams) error {
		answer, err := api.catalog.GetStock(ctx, &orderhubv1.GetStockRequest{Product: c.Product})
		if err != nil {
			return err
		}
		stock := answer.GetStock()
		if c.JSON {
			return c.printJSON(std, message{stock})
		}
		fmt.Fprintf(
			std.Out, "%s of %s can be sold.\n", count(int(stock.GetAvailableCount()), "unit", "units"), stock.GetSku(),
		)
		if held := stock.GetHeldCount(); held > 0 {
			fmt.Fprintf(std.Out, "%s more kept for holds.\n", grouped(int(held)))
		}
		if stock.DaysLeft != nil {
			fmt.Fprintf(std.Out, "At %.1f a day they last %.1f days.\n", stock.GetSoldPerDay(), stock.GetDaysLeft())
		}
		if stock.GetNextExpireTime() != nil {
			fmt.Fprintf(std.Out, "The first of them expires %s.\n", shownTime(stock.GetNextExpireTime()))
		}
		if stock.GetLowSince() != nil {
			fmt.Fprintf(
				std.Out, "They are fewer than %s since %s.\n", grouped(int(stock.GetLowStock())),
				shownTime(stock.GetLowSince()),
			)
		}
		return nil
	})
}
