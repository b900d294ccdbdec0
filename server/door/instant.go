package door

import "time"

// Instant is a time as partners write it in JSON: in UTC, with exactly three decimals.
type Instant time.Time

const instantLayout = `"2006-01-02T15:04:05.000Z"`

// MarshalJSON writes milliseconds.
func (i Instant) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(i).UTC().Format(instantLayout)), nil
}

func (i *Instant) UnmarshalJSON(text []byte) error {
	t, err := time.Parse(instantLayout, string(text))
	*i = Instant(t)
	return err
}
