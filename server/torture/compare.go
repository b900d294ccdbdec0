package torture

import (
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// withoutUnits leaves out the numbers of units that a version did not tell which knew none.
func withoutUnits(first, now *orderhubv1.Order) *orderhubv1.Order {
	now = proto.CloneOf(now)
	for i, line := range first.GetLines() {
		for j, unit := range line.GetGoods() {
			if unit.GetUnit() == 0 && i < len(now.GetLines()) && j < len(now.GetLines()[i].GetGoods()) {
				now.GetLines()[i].GetGoods()[j].Unit = 0
			}
		}
	}
	return now
}

// withoutUses takes back that tickets were used since, which changes the order's time too. Whether they were is
// checked where they are shown.
func withoutUses(first, now *orderhubv1.Order) *orderhubv1.Order {
	now = proto.CloneOf(now)
	for i, line := range first.GetLines() {
		for j, ticket := range line.GetGoods() {
			if !isTicket(line) || i >= len(now.GetLines()) || j >= len(now.GetLines()[i].GetGoods()) {
				continue
			}
			is := now.GetLines()[i].GetGoods()[j]
			if is.GetStatus() == orderhubv1.GoodsStatus_GOODS_STATUS_USED && ticket.GetStatus() != is.GetStatus() {
				is.Status, now.UpdateTime = ticket.GetStatus(), first.GetUpdateTime()
			}
		}
	}
	return now
}
