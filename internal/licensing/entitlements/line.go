package entitlements

// MaxQuantity is the largest quantity one order line may have. It keeps the sum of millions of lines within 64 bits.
const MaxQuantity = 1_000_000_000_000

// Line is one order line. Empty texts and zero dates are absent.
type Line struct {
	ID            string // unique among all order lines
	LicensingID   string
	Product       string // product code; of a step-up: the product it comes from
	ToProduct     string // of a step-up: the product it leads to
	Version       string // name of a version of Product
	Kind          Kind
	Quantity      int64 // greater than zero, also of a return
	OrderDate     Date
	CoverageStart Date   // first day
	CoverageEnd   Date   // last day, included
	Returns       string // of a return: the id of the line it returns
	ShownOnOrder  bool   // the Licensing ID's program counts lines from their order date
}

// Effective returns the day from which the line counts: its coverage's first day, or the order date where
// there is none or the program shows lines on order.
func (l *Line) Effective() Date {
	if l.ShownOnOrder || l.CoverageStart == 0 {
		return l.OrderDate
	}
	return l.CoverageStart
}

// covers reports whether the line is of a kind with coverage and its coverage includes the day.
func (l *Line) covers(day Date) bool {
	return l.Kind.HasCoverage() && l.CoverageStart <= day && day <= l.CoverageEnd
}
