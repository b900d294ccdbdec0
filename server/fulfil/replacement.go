package fulfil

import "orderhub/server/order"

// ordered are the attempts for what was ordered, without those for replacements.
func ordered(attempts []Attempt) []Attempt {
	own := make([]Attempt, 0, len(attempts))
	for i := range attempts {
		if attempts[i].ReplacementID == 0 {
			own = append(own, attempts[i])
		}
	}
	return own
}

// replacing says what comes of a purchase in the place of units that did not work.
func (t *narrator) replacing(line *order.Line, attempts []Attempt) {
	for i := range attempts {
		a := &attempts[i]
		if a.ReplacementID != 0 && !a.Status.Settled() {
			t.comes(a.NextCheckAt, "Line %d, units in the place of claimed ones: %s", line.Position, t.whatComes(a))
		}
	}
}
