package entitlements

import (
	"fmt"
	"strings"
)

// Code names a reason for refusal. It is stable: faces translate it.
type Code string

// Why an order line is refused.
const (
	KindUnknown         Code = "line.kind_unknown"
	QuantityNotPositive Code = "line.quantity_not_positive"
	QuantityTooLarge    Code = "line.quantity_too_large" // more than MaxQuantity
	OrderDateMissing    Code = "line.order_date_missing"
	ProductMissing      Code = "line.product_missing"
	ProductUnknown      Code = "line.product_unknown"
	ProductVersionless  Code = "line.product_without_versions"
	VersionUnknown      Code = "line.version_unknown"
	VersionMissing      Code = "line.version_missing" // of an upgrade
	CoverageMissing     Code = "line.coverage_missing"
	CoverageReversed    Code = "line.coverage_reversed"
	ToProductMissing    Code = "line.to_product_missing"
	ToProductUnknown    Code = "line.to_product_unknown"
	StepUpUnknown       Code = "line.step_up_unknown" // no such path
	ReturnMissing       Code = "line.return_missing"  // names no line
	ReturnUnknown       Code = "line.return_unknown"  // names a line that does not exist
	ReturnOfReturn      Code = "line.return_of_return"
	ReturnForeign       Code = "line.return_foreign" // names another Licensing ID's line
	ReturnTooMuch       Code = "line.return_too_much"
)

// Why a catalog is refused.
const (
	ValueMissing    Code = "catalog.value_missing"
	ValueDuplicate  Code = "catalog.value_duplicate"
	ValueUnknown    Code = "catalog.value_unknown"  // names a product, version, pool or kind that there is not
	ReleaseShared   Code = "catalog.release_shared" // two versions of a product on one day
	StepUpToItself  Code = "catalog.step_up_to_itself"
	WindowReversed  Code = "catalog.window_reversed"
	RatioOutOfRange Code = "catalog.ratio_out_of_range" // not from 1 to 1,000,000
	TooMany         Code = "catalog.too_many"           // more than a million products, or versions of a product
)

// Why a question has no answer.
const (
	AsOfMissing      Code = "summary.as_of_missing"
	QuantityOverflow Code = "summary.quantity_overflow"
	TooManyLines     Code = "summary.too_many_lines" // more than 268,435,455
)

// Problem is one reason to refuse a line or a catalog.
type Problem struct {
	Code  Code
	Field string // of a line: the column of orders.csv; of a catalog: a path such as products[2].versions[0].name
	Value string // the offending value, or "" when it is missing
}

// String describes the problem in English, for logs.
func (p Problem) String() string { return fmt.Sprintf("%s: %s %q", p.Code, p.Field, p.Value) }

// CatalogError says why NewCatalog refused a catalog.
type CatalogError struct{ Problems []Problem }

func (e *CatalogError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.String()
	}
	return "entitlements: catalog refused: " + strings.Join(texts, "; ")
}

// LineError says which order line kept Compute from an answer; Line is empty when it is the question itself.
type LineError struct {
	Line    string
	Problem Problem
}

func (e *LineError) Error() string {
	return fmt.Sprintf("entitlements: order line %q: %s", e.Line, e.Problem)
}
