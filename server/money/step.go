package money

// Down is the greatest multiple of a step, which is above 0, that is not above the
// amount. ErrOverflow.
func (a Amount) Down(step Amount) (Amount, error) {
	rest := a % step
	if rest < 0 {
		rest += step
	}
	return a.Sub(rest)
}

// Up is the least multiple of a step, which is above 0, that is not below the amount.
// ErrOverflow.
func (a Amount) Up(step Amount) (Amount, error) {
	down, err := a.Down(step)
	if err != nil || down == a {
		return down, err
	}
	return down.Add(step)
}
