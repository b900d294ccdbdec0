package money

type Amount int64

const Unit Amount = 1_000_000

// The package itself may.
func twice(a Amount) Amount { return a + a }
