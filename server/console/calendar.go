package console

import (
	"fmt"
	"strconv"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// calendar is a month of a dated product's tickets.
type calendar struct {
	Month, Before, After string // YYYY-MM
	Title                string
	Weeks                [][]day
	Weekdays             []choice
}

// day is one of a calendar's. One of another month has no number.
type day struct {
	Number int
	Date   string
	Set    bool // there is an allotment
	*orderhubv1.Allotment
}

// Left is how many tickets can still be sold.
func (d day) Left() int32 { return d.GetCapacity() - d.GetSoldCount() }

const monthLayout = "2006-01"

// weekdays are those of a week, which begins on Monday.
var weekdays = []time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// askedMonth is the month that is looked at, or this one.
func askedMonth(r *request) (time.Time, error) {
	text := r.URL.Query().Get("month")
	if text == "" {
		now := time.Now().UTC()
		return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC), nil
	}
	first, err := time.Parse(monthLayout, text)
	if err != nil {
		return first, &fieldError{"month", "This is not a month such as 2026-12."}
	}
	return first, nil
}

func calendarOf(r *request, sku string) (*calendar, error) {
	first, err := askedMonth(r)
	if err != nil {
		return nil, err
	}
	next := first.AddDate(0, 1, 0)
	answer, err := r.catalog.ListAllotments(r.Context(), &orderhubv1.ListAllotmentsRequest{
		Product: sku, UseDateFrom: first.Format(time.DateOnly), UseDateTo: next.AddDate(0, 0, -1).Format(time.DateOnly),
		PageSize: listSize,
	})
	if err != nil {
		return nil, err
	}
	c := &calendar{
		Month: first.Format(monthLayout), Title: first.Format("January 2006"),
		Before: first.AddDate(0, -1, 0).Format(monthLayout), After: next.Format(monthLayout),
	}
	for _, w := range weekdays {
		c.Weekdays = append(c.Weekdays, choice{Value: strconv.Itoa(int(w)), Label: w.String()})
	}
	known := make(map[string]*orderhubv1.Allotment)
	for _, a := range answer.GetAllotments() {
		known[a.GetUseDate()] = a
	}
	week := make([]day, (int(first.Weekday())+6)%7, 7)
	for at := first; at.Before(next); at = at.AddDate(0, 0, 1) {
		a, set := known[at.Format(time.DateOnly)]
		week = append(week, day{Number: at.Day(), Date: at.Format(time.DateOnly), Set: set, Allotment: a})
		if len(week) == 7 {
			c.Weeks, week = append(c.Weeks, week), nil
		}
	}
	if len(week) > 0 {
		c.Weeks = append(c.Weeks, append(week, make([]day, 7-len(week))...))
	}
	return c, nil
}

// mostDays is how many days are set at once, as the contract has it.
const mostDays = 1000

// setAllotments sets the same capacity for each day of a period, or for some days of its weeks.
func setAllotments(r *request) (done, error) {
	capacity, err := formNumber(r, "capacity")
	if err != nil || formLine(r, "capacity") == "" {
		return done{}, &fieldError{"capacity", "This is not a number of tickets."}
	}
	days, err := chosenDays(r)
	if err != nil {
		return done{}, err
	}
	request := &orderhubv1.SetAllotmentsRequest{Product: r.PathValue("product")}
	for _, date := range days {
		request.Allotments = append(request.Allotments, &orderhubv1.Allotment{UseDate: date, Capacity: capacity})
	}
	_, err = r.catalog.SetAllotments(r.Context(), request)
	return done{
		to: productPath(r.PathValue("product")) + "?month=" + days[0][:len(monthLayout)],
		say: fmt.Sprintf(
			"%s on each of %s, from %s to %s.", howMany(capacity, "ticket", "tickets"), howMany(len(days), "day", "days"),
			days[0], days[len(days)-1],
		),
	}, err
}

// chosenWeekdays are those of a form; all without any.
func chosenWeekdays(sent []string) (chosen [7]bool, err error) {
	for _, text := range sent {
		day, err := strconv.Atoi(text)
		if err != nil || day < 0 || day > 6 {
			return chosen, &fieldError{"weekday", "This is no day of the week."}
		}
		chosen[day] = true
	}
	if len(sent) == 0 {
		return [7]bool{true, true, true, true, true, true, true}, nil
	}
	return chosen, nil
}

// chosenDays are the days of the form's period that are on one of the chosen days of the week; without any, all are.
func chosenDays(r *request) (days []string, err error) {
	from, err := time.Parse(time.DateOnly, r.PostForm.Get("from"))
	if err != nil {
		return nil, &fieldError{"from", "This is not a day such as 2026-12-31."}
	}
	to := from
	if text := r.PostForm.Get("to"); text != "" {
		if to, err = time.Parse(time.DateOnly, text); err != nil {
			return nil, &fieldError{"to", "This is not a day such as 2026-12-31."}
		}
	}
	if to.Before(from) {
		return nil, &fieldError{"to", "This is before the first day."}
	}
	chosen, err := chosenWeekdays(r.PostForm["weekday"])
	if err != nil {
		return nil, err
	}
	if to.Sub(from) > 7*mostDays*24*time.Hour { // no choice of days makes fewer of these
		return nil, &fieldError{"to", fmt.Sprintf("These are more than %d days.", mostDays)}
	}
	for at := from; !at.After(to); at = at.AddDate(0, 0, 1) {
		if !chosen[at.Weekday()] {
			continue
		}
		if len(days) == mostDays {
			return nil, &fieldError{"to", fmt.Sprintf("These are more than %d days.", mostDays)}
		}
		days = append(days, at.Format(time.DateOnly))
	}
	if len(days) == 0 {
		return nil, &fieldError{"weekday", "No day of the period is one of these."}
	}
	return days, nil
}
