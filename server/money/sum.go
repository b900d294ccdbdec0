package money

// Sum is an amount with its currency; the zero value is none.
type Sum struct {
	Amount   Amount
	Currency Currency
}

// Known reports whether it is one.
func (s Sum) Known() bool { return s.Currency != "" }

// Text is the amount as a decimal text, "" for none.
func (s Sum) Text() string {
	if !s.Known() {
		return ""
	}
	return s.Amount.Format(s.Currency)
}

// String is the sum for people: "THB 10.50".
func (s Sum) String() string {
	if !s.Known() {
		return "nothing"
	}
	return string(s.Currency) + " " + s.Text()
}
