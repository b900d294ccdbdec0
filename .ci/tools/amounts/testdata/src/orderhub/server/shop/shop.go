package shop

import "orderhub/server/money"

type price = money.Amount

type basket struct{ total money.Amount }

const pack = 2 * money.Unit // the compiler checks it

func calculate(a, b money.Amount, count int64, all []money.Amount) (bool, int64) {
	_ = a + b                   // want "checked operations"
	_ = a - pack                // want "checked operations"
	_ = money.Amount(count) * a // want "checked operations"
	_ = -b                      // want "checked operations"
	_ = price(1) << uint(count) // want "checked operations"
	a += b                      // want "checked operations"
	all[0]++                    // want "checked operations"
	basket := basket{}          //
	basket.total -= pack        // want "checked operations"
	_ = a / 2                   // never leaves the range but for what Amount's own minimum says
	return a < b, int64(len(all)) + count
}
