package console

import (
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// dayMargin is what one day earned in one currency, with the day's name among the three.
type dayMargin struct {
	*orderhubv1.Margin

	Name string
}

// marginsOf are what a day earned, the day before and the one a week before, each a day of UTC as margins are counted.
func (r *request) marginsOf(day time.Time) ([]dayMargin, error) {
	const week = 7
	filter := &orderhubv1.GetMarginsRequest{
		FromDate: day.AddDate(0, 0, -week).Format(time.DateOnly), ToDate: day.Format(time.DateOnly),
		GroupBy: []orderhubv1.MarginGroup{orderhubv1.MarginGroup_MARGIN_GROUP_DAY},
	}
	byDate := map[string][]*orderhubv1.Margin{}
	for m, err := range contract.Each(
		r.Context(), r.reports.GetMargins, filter, (*orderhubv1.GetMarginsResponse).GetMargins, 0,
	) {
		if err != nil {
			return nil, err
		}
		byDate[m.GetDate()] = append(byDate[m.GetDate()], m)
	}
	var days []dayMargin
	for _, d := range []struct {
		name string
		ago  int
	}{{"The day", 0}, {"The day before", 1}, {"A week before", week}} {
		for _, m := range byDate[day.AddDate(0, 0, -d.ago).Format(time.DateOnly)] {
			days = append(days, dayMargin{m, d.name})
		}
	}
	return days, nil
}
