package console

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func todayPage() page {
	return page{
		pattern: "/today", file: "today", menu: "Today",
		needs: orderhubv1.ReportService_GetOverview_FullMethodName, show: showToday,
	}
}

func todayPictures() []picture {
	return []picture{
		{pattern: "/today/orders.svg", needs: orderhubv1.ReportService_GetOverview_FullMethodName, draw: drawOrders},
		{pattern: "/today/revenue.svg", needs: orderhubv1.ReportService_GetOverview_FullMethodName, draw: drawRevenue},
	}
}

// today is a day in figures, beside the day before and the one a week before.
type today struct {
	Overview   *orderhubv1.GetOverviewResponse
	Days       []namedDay
	Currencies []string // in which there was revenue on one of the days
	Offset     int32    // how far the operator's clock is ahead of UTC, in minutes
	Calls      int64    // to providers in about the last hour
	Date       string   // YYYY-MM-DD
	Before     string
	After      string // "" for today and later days
	Now        bool   // it is today
	Margins    []dayMargin
}

// namedDay is a day with its name among the three.
type namedDay struct {
	Name    string
	Figures *orderhubv1.DayFigures
}

// Revenue is what the day brought in in a currency; nil for nothing.
func (d namedDay) Revenue(currency string) *orderhubv1.Revenue {
	for _, r := range d.Figures.GetTotal().GetRevenue() {
		if r.GetCurrency() == currency {
			return r
		}
	}
	return nil
}

func showToday(r *request) (any, error) {
	overview, offset, err := r.overview()
	if err != nil {
		return nil, err
	}
	t := today{Overview: overview, Days: daysOf(overview), Offset: offset}
	for _, day := range t.Days {
		for _, revenue := range day.Figures.GetTotal().GetRevenue() {
			if !slices.Contains(t.Currencies, revenue.GetCurrency()) {
				t.Currencies = append(t.Currencies, revenue.GetCurrency())
			}
		}
	}
	slices.Sort(t.Currencies)
	for _, p := range overview.GetProviders() {
		t.Calls += p.GetTotal().GetAttempts()
	}
	zone := time.FixedZone("", int(offset)*60)
	start := overview.GetDay().GetStartTime().AsTime().In(zone)
	t.Date, t.Before = start.Format(time.DateOnly), start.AddDate(0, 0, -1).Format(time.DateOnly)
	now := overview.GetAsOfTime().AsTime()
	t.Now = !start.After(now) && start.AddDate(0, 0, 1).After(now)
	if next := start.AddDate(0, 0, 1); !next.After(now) {
		t.After = next.Format(time.DateOnly)
	}
	t.Margins, err = r.marginsOf(start)
	return t, err
}

func daysOf(o *orderhubv1.GetOverviewResponse) []namedDay {
	return []namedDay{{"The day", o.GetDay()}, {"The day before", o.GetDayBefore()}, {"A week before", o.GetWeekBefore()}}
}

// offsetCookie is how far the clock of a browser is ahead of UTC, in minutes. The script sets it.
const offsetCookie = "orderhub-offset"

// overview asks for the day that the query names, where the operator is.
func (r *request) overview() (*orderhubv1.GetOverviewResponse, int32, error) {
	var offset int32
	if cookie, err := r.Cookie(offsetCookie); err == nil {
		if minutes, err := strconv.ParseInt(cookie.Value, 10, 32); err == nil && minutes%15 == 0 && minutes >= -720 &&
			minutes <= 840 {
			offset = int32(minutes)
		}
	}
	answer, err := r.reports.GetOverview(r.Context(), &orderhubv1.GetOverviewRequest{
		Date: r.URL.Query().Get("date"), UtcOffsetMinutes: offset,
	})
	return answer, offset, err
}

// drawOrders draws how many orders were placed, by the hour.
func drawOrders(r *request) ([]byte, error) {
	overview, offset, err := r.overview()
	if err != nil {
		return nil, err
	}
	return drawDays(r.Request, overview, offset, func(f *orderhubv1.OrderFigures) float64 {
		return float64(f.GetOrders())
	})
}

// drawRevenue draws what they brought in, in one currency. A picture may be as exact as it can be seen.
func drawRevenue(r *request) ([]byte, error) {
	overview, offset, err := r.overview()
	if err != nil {
		return nil, err
	}
	currency := r.URL.Query().Get("currency")
	return drawDays(r.Request, overview, offset, func(f *orderhubv1.OrderFigures) float64 {
		for _, revenue := range f.GetRevenue() {
			if revenue.GetCurrency() == currency {
				n, _ := strconv.ParseFloat(revenue.GetAmount(), 64) // the contract writes it
				return n
			}
		}
		return 0
	})
}

// hoursOf are the values of a day's 24 hours, without those that have not begun.
func hoursOf(day *orderhubv1.DayFigures, value func(*orderhubv1.OrderFigures) float64) []float64 {
	values := make([]float64, 0, hoursOfDay)
	for _, hour := range day.GetHours() {
		values = append(values, value(hour.GetFigures()))
	}
	return values[:min(len(values), hoursOfDay)]
}

const hoursOfDay = 24

// percent is a share of one, "" for none.
func percent(share *float64) string {
	if share == nil {
		return ""
	}
	// What is not all is not shown as all.
	return strconv.FormatFloat(math.Floor(*share*1000)/10, 'f', 1, 64) + " %"
}

// since is how long ago something was, for people.
func since(from, now *timestamppb.Timestamp) string {
	if from == nil {
		return ""
	}
	d := cmp.Or(max(now.AsTime().Sub(from.AsTime()), 0), time.Second)
	switch {
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 2*hoursOfDay*time.Hour:
		return d.Round(time.Minute).String()
	}
	return fmt.Sprintf("%d days", int(d/(hoursOfDay*time.Hour)))
}
