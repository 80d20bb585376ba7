package orders

import (
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

// facts is what a row says about its line. Two rows that say the same are the same.
type facts struct {
	licensing   ids.ID
	orderNumber string
	orderDate   entitlements.Date
	partner     ids.ID
	product     string
	version     string
	kind        entitlements.Kind
	quantity    int64
	start, end  entitlements.Date
	usage       entitlements.Date
	toProduct   string
	returns     string
}

// stored is the revision of a line that holds.
type stored struct {
	facts
	id       string
	revision int64
	fileLine int64
}

// entitled returns the line as the computation takes it.
func (s stored) entitled(shownOnOrder bool) entitlements.Line {
	return entitlements.Line{ID: s.id, LicensingID: string(s.licensing), Product: s.product, ToProduct: s.toProduct, Version: s.version, Kind: s.kind,
		Quantity: s.quantity, OrderDate: s.orderDate, CoverageStart: s.start, CoverageEnd: s.end, Returns: s.returns, ShownOnOrder: shownOnOrder}
}

// The columns of an orders file, in the order of columns.
const (
	colLineID = iota
	colLicensingID
	colOrderNumber
	colOrderDate
	colPartner
	colProduct
	colVersion
	colKind
	colQuantity
	colCoverageStart
	colCoverageEnd
	colUsageDate
	colToProduct
	colReturnsLine
	columnCount
)

// columns returns the columns of an orders file. Those that most lines leave empty need not be there at all.
func columns() []feed.Column {
	return []feed.Column{
		colLineID:        {Name: "line_id", Required: true},
		colLicensingID:   {Name: "licensing_id", Required: true},
		colOrderNumber:   {Name: "order_number", Required: true},
		colOrderDate:     {Name: "order_date", Required: true},
		colPartner:       {Name: "partner"},
		colProduct:       {Name: "product", Required: true},
		colVersion:       {Name: "version"},
		colKind:          {Name: "kind", Required: true},
		colQuantity:      {Name: "quantity", Required: true},
		colCoverageStart: {Name: "coverage_start"},
		colCoverageEnd:   {Name: "coverage_end"},
		colUsageDate:     {Name: "usage_date"},
		colToProduct:     {Name: "to_product"},
		colReturnsLine:   {Name: "returns_line"},
	}
}

// candidate is a row of the file on its way in.
type candidate struct {
	cells [columnCount]feed.Text
	facts
	bad bool
}

func (c *candidate) id() string { return c.cells[colLineID].Value }
