package entitlements

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a calendar date without time zone: the number of the day in the proleptic Gregorian calendar,
// 1 being 0001-01-01. Dates compare with < and ==. The zero Date means absent.
type Date int32

// lastDate is 9999-12-31, the last day that ISO 8601 writes with four digits of year.
const lastDate Date = 3652059

// NewDate returns the date of a year (1 to 9999), month and day, and false when there is no such day.
func NewDate(year int, month time.Month, day int) (Date, bool) {
	if year < 1 || year > 9999 || month < time.January || month > time.December || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	// Counting years from March puts the leap day last, so that months need no table.
	y, m := int32(year), int32(month)
	if m <= 2 {
		y--
		m += 12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int32(day)
	return Date(days - 306), true
}

// DateOf returns the calendar date that t shows in its own location. It is absent outside the years 1 to 9999.
func DateOf(t time.Time) Date {
	d, _ := NewDate(t.Date())
	return d
}

// ParseDate reads YYYY-MM-DD (ISO 8601, extended format) and nothing else.
func ParseDate(text string) (Date, error) {
	if len(text) == 10 && text[4] == '-' && text[7] == '-' {
		year, okYear := digits(text[:4])
		month, okMonth := digits(text[5:7])
		day, okDay := digits(text[8:])
		if okYear && okMonth && okDay {
			if d, ok := NewDate(year, time.Month(month), day); ok {
				return d, nil
			}
		}
	}
	return 0, fmt.Errorf("entitlements: %q is not a date of the form YYYY-MM-DD", text)
}

func digits(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return 31
}

// IsZero reports whether the date is absent.
func (d Date) IsZero() bool { return d == 0 }

// Compare orders dates, the earlier first; an absent date comes before all others.
func (d Date) Compare(other Date) int { return cmp.Compare(d, other) }

// AddDays returns the date n days later, or earlier when n is negative. It stops at 0001-01-01 and 9999-12-31.
func (d Date) AddDays(n int) Date {
	return Date(min(max(int64(d)+int64(n), 1), int64(lastDate)))
}

// Time returns midnight UTC at the start of the date; the zero time when absent.
func (d Date) Time() time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Date(1, time.January, int(d), 0, 0, 0, 0, time.UTC)
}

// String writes YYYY-MM-DD; "" when absent.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// MarshalText writes the form of String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the form of ParseDate; an empty text is an absent date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
