package api

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
)

var (
	toAPIUnitState = map[catalog.UnitState]orderhubv1.UnitState{
		catalog.UnitAvailable: orderhubv1.UnitState_UNIT_STATE_AVAILABLE,
		catalog.UnitSold:      orderhubv1.UnitState_UNIT_STATE_SOLD,
		catalog.UnitVoid:      orderhubv1.UnitState_UNIT_STATE_VOID,
	}
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

func toAPIUnit(u *catalog.Unit, p *catalog.Product) *orderhubv1.Unit {
	converted := &orderhubv1.Unit{
		Id: u.ID, UnitImport: u.ImportID, State: toAPIUnitState[u.State], OrderNumber: u.OrderNumber,
		CreateTime: toAPITime(u.CreatedAt), DeliverTime: toAPIOptionalTime(u.DeliveredAt),
	}
	if p != nil {
		converted.Sku = p.SKU
	}
	return converted
}

func toAPIUnitImport(i *catalog.UnitImport, s *catalog.Snapshot) *orderhubv1.UnitImport {
	converted := &orderhubv1.UnitImport{
		Id: i.ID, Name: i.Name, ImportedCount: int32(i.Imported), RefusedCount: int32(i.Refused),
		AvailableCount: int32(i.Available),
		CreateTime:     toAPITime(i.CreatedAt), WithdrawTime: toAPIOptionalTime(i.WithdrawnAt),
	}
	if p := s.ProductByID(i.ProductID); p != nil {
		converted.Sku = p.SKU
	}
	return converted
}
