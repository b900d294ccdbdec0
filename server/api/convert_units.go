package api

import (
	"fmt"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
)

var (
	toAPIUnitState   = byWord[catalog.UnitState, orderhubv1.UnitState]()
	fromAPIUnitState = inverse(toAPIUnitState)

	toAPIRefusedReason = map[catalog.ContentReason]orderhubv1.RefusedUnitReason{
		catalog.ContentBlank:     orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_BLANK,
		catalog.ContentTooLong:   orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_TOO_LONG,
		catalog.ContentNotUTF8:   orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_NOT_UTF8,
		catalog.ContentControl:   orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_CONTROL_CHARACTER,
		catalog.ContentLineBreak: orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_LINE_BREAK,
		catalog.ContentInvisible: orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_INVISIBLE_CHARACTER,
		catalog.ContentByteOrder: orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_BYTE_ORDER_MARK,
		catalog.ContentHeader:    orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_HEADER,
		catalog.ContentExpired:   orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_EXPIRED,
		catalog.ContentFirst:     orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_HEADER,
	}
)

func toAPIImportReport(r *catalog.ImportReport) *orderhubv1.ImportUnitsResponse {
	converted := &orderhubv1.ImportUnitsResponse{
		ImportedCount: int32(r.Imported), UnitImport: r.ImportID,
		RefusedCount: int32(r.RefusedCount()), RepeatedCount: int32(r.Repeated),
	}
	for _, line := range r.Refused {
		reason := orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_DUPLICATE
		if !line.Repeat {
			reason = toAPIRefusedReason[line.Reason]
		}
		converted.Refused = append(converted.Refused, &orderhubv1.RefusedUnit{Line: int32(line.Line), Reason: reason})
	}
	return converted
}

// fromAPIUnits reads the units of an import with their expiries. The error is an
// *errs.InvalidError.
func fromAPIUnits(r *orderhubv1.ImportUnitsRequest) ([]catalog.ImportedUnit, *time.Time, error) {
	units := make([]catalog.ImportedUnit, len(r.GetContents()))
	for i, content := range r.GetContents() {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: content}
	}
	bad := &errs.InvalidError{}
	for i, e := range r.GetExpiries() {
		field := fmt.Sprintf("expiries[%d]", i)
		line := int(e.GetLine())
		switch {
		case line > len(units):
			bad.Add(field+".line", "must be the place of one of the %d contents", len(units))
			continue
		case units[line-1].ExpiresAt != nil:
			bad.Add(field+".line", "is given twice")
			continue
		}
		at := fromAPITime(bad, field+".expire_time", e.GetExpireTime())
		if at.IsZero() {
			continue // it is refused already
		}
		at, err := catalog.Expiry(field+".expire_time", at)
		if err != nil {
			return nil, nil, err
		}
		units[line-1].ExpiresAt = &at
	}
	all := fromAPIOptionalTime(bad, "expire_time", r.GetExpireTime())
	return units, all, bad.OrNil()
}

func toAPIUnit(u *catalog.Unit, p *catalog.Product) *orderhubv1.Unit {
	converted := &orderhubv1.Unit{
		Id: u.ID, UnitImport: u.ImportID, State: toAPIUnitState[u.State], OrderNumber: u.OrderNumber,
		CreateTime: toAPITime(u.CreatedAt), DeliverTime: toAPIOptionalTime(u.DeliveredAt),
		ExpireTime: toAPIOptionalTime(u.ExpiresAt),
	}
	if p != nil {
		converted.Sku = p.SKU
	}
	return converted
}

func toAPIUnitImport(i *catalog.UnitImport, s *catalog.Snapshot) *orderhubv1.UnitImport {
	converted := &orderhubv1.UnitImport{
		Id: i.ID, Name: i.Name, ImportedCount: int32(i.Imported), RefusedCount: int32(i.Refused),
		AvailableCount: int32(i.Units.Available), SoldCount: int32(i.Units.Sold), HeldCount: int32(i.Units.Held),
		SetAsideCount: int32(i.Units.SetAside), ExpiredCount: int32(i.Units.Expired), VoidedCount: int32(i.Units.Void),
		CreateTime: toAPITime(i.CreatedAt), WithdrawTime: toAPIOptionalTime(i.WithdrawnAt),
	}
	if p := s.ProductByID(i.ProductID); p != nil {
		converted.Sku = p.SKU
	}
	return converted
}
